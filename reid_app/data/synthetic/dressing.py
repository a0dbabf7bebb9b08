"""From a G-buffer to a lit person in linear light."""

import numpy as np

from reid_app.data.synthetic import parts
from reid_app.data.synthetic.light import Light, nearby_shade, shade
from reid_app.data.synthetic.mesh import Floats
from reid_app.data.synthetic.rasteriser import GBuffer
from reid_app.data.synthetic.wardrobe import Wardrobe, dressed, is_cloth, looked_up, pixels_of


def lit_person(buffer: GBuffer, *, wardrobe: Wardrobe, light: Light, fabric_shading: bool) -> tuple[Floats, Floats]:
    """Dress and light what a G-buffer shows.

    Returns:
        Colours (H, W, 3) in linear light, zero beside the person, and the person's mask (H, W) of zeros and ones.
    """
    mask_HW = buffer.material_HW > 0
    pixels = pixels_of(buffer.surface_HW3[mask_HW], material_N=buffer.material_HW[mask_HW])
    albedo_N3 = dressed(pixels, wardrobe=wardrobe)
    normals_N3 = buffer.normal_HW3[mask_HW]
    brightness_N = np.ones(len(albedo_N3), dtype=np.float32)
    if fabric_shading:
        strength_N = _fold_strength(pixels.spots.z, cloth_N=is_cloth(pixels, person=wardrobe.person))
        lean_N2 = looked_up(wardrobe.fold_tile, around_N=pixels.around_N * 1.1, up_N=pixels.up_N * 1.1)
        lean_N2 = lean_N2 * strength_N[:, None]
        normals_N3 = normals_N3 + np.stack(
            [-normals_N3[:, 1] * lean_N2[:, 0], normals_N3[:, 0] * lean_N2[:, 0], -lean_N2[:, 1]], axis=1
        )
        brightness_N = nearby_shade(buffer.depth_HW)[mask_HW] * (1 - 0.12 * np.clip(lean_N2[:, 1], -1, 1.5))
    if wardrobe.person.carried == "umbrella":
        below = (pixels.part_N == parts.THING) & (buffer.normal_HW3[mask_HW][:, 2] < 0)
        brightness_N = np.where(below, 0.5 * brightness_N, brightness_N)
    colour_HW3 = np.zeros((*mask_HW.shape, 3), dtype=np.float32)
    colour_HW3[mask_HW] = albedo_N3 * shade(normals_N3, light=light) * brightness_N[:, None]
    return colour_HW3, mask_HW.astype(np.float32)


def _fold_strength(height_N: Floats, *, cloth_N: np.ndarray) -> Floats:
    """Cloth folds most at the waist, the knees and the ankles."""
    bends = sum(np.exp(-(((height_N - at) / 0.08) ** 2)) for at in (0.08, -0.38, -0.7))
    return np.where(cloth_N, 0.13 + 0.2 * bends, 0.0).astype(np.float32)
