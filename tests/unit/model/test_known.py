import re
from pathlib import Path

import pytest

from reid_app.errors import SettingsError
from reid_app.model.known import load_known_models
from reid_app.model.places import verify_model

REPOSITORY = Path(__file__).parents[3]
LIST = REPOSITORY / "configs" / "models.yaml"

GOOD = """\
net:
  task: embedding
  filename: net.onnx
  url: https://example.org/net.onnx
  sha256: "{sha}"
  num_bytes: 12
  licence: MIT
  note: A network.
  preprocess:
    height: 16
    width: 8
    channel_order: rgb
    scale: 1
    mean: [0, 0, 0]
    std: [1, 1, 1]
finder:
  task: detection
  filename: finder.onnx
  sha256: "{sha}"
  num_bytes: 12
  licence: MIT
  note: A detector.
""".format(sha="ab" * 32)


def written(folder: Path, text: str) -> Path:
    path = folder / "models.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_entries_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    net, finder = load_known_models(written(tmp_path, GOOD))
    assert (net.name, net.task, net.url) == ("net", "embedding", "https://example.org/net.onnx")
    assert net.preprocess is not None
    assert net.preprocess.mean == (0.0, 0.0, 0.0)
    assert (finder.name, finder.task, finder.url, finder.preprocess) == ("finder", "detection", None, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("filename: net.onnx", "filname: net.onnx", "entry net, key filname: .*no such key; did you mean filename?"),
        ("filename: net.onnx", "filname: net.onnx", "; key filename: Field required"),
        ("channel_order: rgb", "channel_oder: rgb", "entry net, key preprocess.channel_oder: .* mean channel_order?"),
        ("note: A network.", "note: A network.\n  qqq: 1", "entry net, key qqq: .*allowed are name, "),
        ("note: A network.", "note: A network.\n  name: 1", "entry net, key name: .* remove the key"),
        ('"abab', '"xyab', "entry net, key sha256: .*pattern"),
        ('"abab', '"ab', "entry net, key sha256: .*pattern"),
        ('"abab', '"ABab', "entry net, key sha256: .*pattern"),
        (f'"{"ab" * 32}"', "12" * 32, "entry net, key sha256: .*string"),
        ("num_bytes: 12", "num_bytes: 0", "entry net, key num_bytes"),
        ("num_bytes: 12", 'num_bytes: "12"', "entry net, key num_bytes"),
        ("task: embedding", "task: pose", "entry net, key task: .*'detection' or 'embedding'"),
        ("filename: net.onnx", "filename: ../net.onnx", "entry net, key filename"),
        ("filename: net.onnx", "filename: net.pth", "entry net, key filename"),
        ("https://example", "file:///example", "entry net, key url"),
        ("licence: MIT", "licence: ''", "entry net, key licence"),
        ("height: 16", "height: -1", "entry net, key preprocess.height"),
        ("mean: [0, 0, 0]", "mean: [0, 0]", "entry net, key preprocess.mean"),
        ("std: [1, 1, 1]", "std: [1, 0, 1]", "entry net, key preprocess.std.1"),
        ("task: embedding", "task: detection", "entry net, a model for detection must not have the key preprocess"),
        ("task: detection", "task: embedding", "entry finder, a model for embedding needs the key preprocess"),
        ("finder.onnx", "net.onnx", "entry finder, key filename: net.onnx is the file of entry net too"),
        ("net:", "colour:", "entry colour, colour is the encoder without a file"),
        ("net:", "my net:", "entry my net, key name"),
        ("net:", "7:", "entry 7, key name"),
        ("finder:", "net:", "the key net stands twice"),
        ("num_bytes: 12", "num_bytes: 12\n  num_bytes: 13", "the key num_bytes stands twice"),
        ("net:", "net: [", "is not valid YAML"),
        ("net:", "net: &a\n  ? [x]\n  : 1", "is not valid YAML"),
    ],
)
def test_a_bad_entry_names_file_entry_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError, match=re.escape(str(path)) + ".*" + said.replace("?", r"\?")):
        load_known_models(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "must map"), ("[]", "must map"), ("{}", "must map"), ("net", "must map"), ("net: 3", "entry net must be")],
)
def test_another_shape_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_known_models(written(tmp_path, text))


def test_a_missing_or_unreadable_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml does not exist"):
        load_known_models(tmp_path / "nowhere.yaml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_known_models(tmp_path)
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"binary\.yaml cannot be read"):
        load_known_models(path)


def test_the_list_of_the_project_names_the_models_of_the_issue() -> None:
    models = {model.name: model for model in load_known_models(LIST)}
    assert set(models) == {"yolox_nano", "osnet_x0_25_msmt17", "person_reidentification_retail_0287"}
    assert [name for name, model in models.items() if model.url] == ["yolox_nano"]


def test_the_list_of_the_project_fits_the_real_files(models_dir: Path) -> None:
    for model in load_known_models(LIST):
        verify_model(model, models_dir / model.filename)
