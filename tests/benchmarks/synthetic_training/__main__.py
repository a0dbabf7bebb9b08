from tests.benchmarks.synthetic_training.main import main

main()
