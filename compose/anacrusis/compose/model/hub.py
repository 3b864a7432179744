"""The network as Hugging Face's tools load and save it, from and to a weights folder.

    model = HubModel.from_pretrained("runs/mine/weights")
    model.save_pretrained("copy")

`PyTorchModelHubMixin` reads `config.json` and `model.safetensors` of a folder (offline) or of a
repository of the Hub. The safetensors hold the layout of decoding; the mixin's own loading is
replaced by one that turns it into the layout of training. Needs the extras `train` and `hub`.
"""

from pathlib import Path
from typing import Self

from ..errors import ModelError
from ..tokens.vocabulary import vocabulary
from .config import ModelConfig
from .export import weights_files
from .layouts import training_weights
from .network import ScoreTransformer
from .weights import read_weights

try:
    from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
except ImportError as error:
    raise ModelError(
        f"the Hub's format needs {error.name}; run `pip install 'anacrusis[train,hub]'`"
    ) from error

_WEIGHTS = "model.safetensors"


class HubModel(
    ScoreTransformer,
    PyTorchModelHubMixin,
    library_name="anacrusis",
    license="apache-2.0",
    tags=["music", "symbolic-music"],
):
    """A `ScoreTransformer` with `from_pretrained`, `save_pretrained` and `push_to_hub`."""

    def __init__(self, config: ModelConfig) -> None:
        """Build a network with random weights; `from_pretrained` builds one with trained ones."""
        super().__init__(config)
        words = vocabulary()
        self.vocab_hash = words.digest if config.vocab_size == len(words) else ""
        """The vocabulary its ids belong to; empty where that is not known."""

    def _save_pretrained(self, save_directory: Path) -> None:
        """Write the files of a weights folder: composing reads what is saved."""
        metadata = {"vocab_hash": self.vocab_hash} if self.vocab_hash else None
        for name, content in weights_files(self.state_dict(), self.config, metadata).items():
            (save_directory / name).write_bytes(content)

    @classmethod
    def _from_pretrained(  # type: ignore[override]  # the mixin's is typed for any keywords
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        config: ModelConfig | None = None,
        map_location: str = "cpu",
        strict: bool = True,
    ) -> Self:
        """Build the network of `config.json` with the weights beside it, ready to evaluate."""
        if config is None:
            raise ModelError(f"{model_id} has no config.json; give a weights folder")
        path = Path(model_id) / _WEIGHTS
        if not Path(model_id).is_dir():
            path = Path(
                hf_hub_download(
                    model_id, _WEIGHTS, revision=revision, cache_dir=cache_dir, token=token,
                    force_download=force_download, local_files_only=local_files_only,
                )
            )  # fmt: skip
        arrays, metadata = read_weights(path, config)
        model = cls(config)
        model.load_state_dict(training_weights(arrays, config), strict=strict)
        model.vocab_hash = metadata.get("vocab_hash", "")
        return model.to(map_location).eval()
