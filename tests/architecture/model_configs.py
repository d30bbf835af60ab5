"""`python -m tests.architecture.model_configs`: writes the shipped models' configs anew."""

from deploy.local.paths import MODELS
from shared.repository.config import config_files, read_config, write_config
from shared.repository.versions import models_in


def main() -> None:
    """Write each config anew, with the same content."""
    for model in models_in(MODELS):
        for path in config_files(MODELS / model):
            write_config(read_config(path), path)


if __name__ == "__main__":
    main()
