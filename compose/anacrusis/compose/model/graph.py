"""The network as an ONNX graph for decoding, built node by node; it names weights but holds none.

The graph is made of ONNX Runtime's fused operators. `GroupQueryAttention` reads and writes one
static key-value buffer per layer, and turns the query and key of each new token by a row of a
cosine and a sine table. Both tables are graph *inputs*, which the caller fills with the mixed
angles of `rotary.py`: metrical rotary positions cost nothing over ordinary ones. With `alibi` among
the positions, all layers share one bias, which the graph makes from the numbers of tokens.

Inputs, with S new tokens for each of B documents and a context of C: `tokens` int64 [B, S]; `rows`
int64 [B, S] (each token's row of the tables); `seqlens` int32 [B] (lengths after this call, less
one); `total` int32 [] (the greatest length after this call); `cos` and `sin` float
[C, head_dim / 2]; `past_key_i`, `past_value_i` float [B, kv_heads, C, head_dim] per layer. Outputs:
`logits_out` float [B, vocab] of the last tokens; `present_*`, which the caller binds to the
`past_*` buffers. The operator asks that B be 1 where S is more than 1, and reads only the first of
the `rows` where nothing stands before the new tokens.
"""

from collections.abc import Sequence
from typing import Any

import onnx
from onnx import TensorProto, helper

from .alibi import decoding_slopes
from .config import ModelConfig
from .weights import BLOCK, bits_of, is_matrix, weight_shapes

OPSET = 18
EPSILON = 1e-12
"""Added to the mean square in the norms; as good as absent, as in the torch network."""

WEIGHTS_LOCATION = "model.safetensors"
FUSED = {"GroupQueryAttention", "SkipSimplifiedLayerNormalization", "MatMulNBits"}


def build_graph(config: ModelConfig, quantised: bool = False) -> onnx.ModelProto:
    """Return the decoding graph of `config`; its weights are external and come with the session.

    `quantised`: the matrices are integers of 4 or 8 bits with one scale per block of `BLOCK`
    inputs, and the products are integer products (`MatMulNBits`).
    """
    builder = _Builder(weight_shapes(config), quantised)
    bias = _bias(builder, config) if "alibi" in config.position_names else ""
    residual = builder.node("Gather", ["embedding", "tokens"], "embedded")
    normed = builder.node(
        "SimplifiedLayerNormalization",
        [residual, "layer0.attention_norm"],
        "layer0.attention_in",
        axis=-1,
        epsilon=EPSILON,
        stash_type=1,
    )
    for layer in range(config.depth):
        prefix = f"layer{layer}"
        following = f"layer{layer + 1}.attention_norm"
        if layer == config.depth - 1:
            following = "final_norm"
        branch = _attention(builder, config, layer, normed, bias)
        residual, normed = builder.add_and_norm(residual, branch, f"{prefix}.feedforward_norm")
        hidden = builder.matmul(normed, f"{prefix}.feedforward_in")
        positive = builder.node("Relu", [hidden], f"{prefix}.positive")
        squared = builder.node("Mul", [positive, positive], f"{prefix}.squared")
        branch = builder.matmul(squared, f"{prefix}.feedforward_out")
        residual, normed = builder.add_and_norm(residual, branch, following)
    last = builder.node("Gather", [normed, "last_index"], "last", axis=1)
    builder.matmul(last, "logits")
    return _model(builder, config)


class _Builder:
    """Collects nodes; every method returns the name of the tensor it made."""

    def __init__(self, shapes: dict[str, tuple[int, ...]], quantised: bool) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.constants = [helper.make_tensor("last_index", TensorProto.INT64, [], [-1])]
        self._quantised = quantised
        self._shapes = shapes
        for name, shape in shapes.items():
            if not (quantised and is_matrix(name)):
                self.weights.append(_external(name, shape, TensorProto.FLOAT))

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        fused = operator in FUSED
        domain = "com.microsoft" if fused else ""
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes)
        )
        return output

    def matmul(self, values: str, weight: str) -> str:
        """Return `values` times a weight matrix, named after the weight."""
        output = f"{weight}_out"
        if not self._quantised:
            return self.node("MatMul", [values, weight], output)
        bits = bits_of(weight)
        inputs, outputs = self._shapes[weight]
        blocks = -(-inputs // BLOCK)
        levels, scales = f"{weight}.levels", f"{weight}.scales"
        self.weights += [
            _external(levels, (outputs, blocks, BLOCK * bits // 8), TensorProto.UINT8),
            _external(scales, (outputs, blocks), TensorProto.FLOAT),
        ]
        return self.node(
            "MatMulNBits",
            [values, levels, scales],
            output,
            K=inputs,
            N=outputs,
            bits=bits,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def add_and_norm(self, residual: str, branch: str, gain: str) -> tuple[str, str]:
        """Return the residual stream with `branch` added, and its norm."""
        normed, summed = f"{gain}.normed", f"{gain}.sum"
        self.node(
            "SkipSimplifiedLayerNormalization", [branch, residual, gain], normed, epsilon=EPSILON
        )
        if gain != "final_norm":
            self.nodes[-1].output.extend(["", "", summed])
        return summed, normed


def _bias(builder: _Builder, config: ModelConfig) -> str:
    """The bias of attention towards each key, `[B, heads, S, total]`.

    It is that of a document's last query for all of them: theirs differ by a constant, which is
    nothing to a softmax.
    """
    slopes = decoding_slopes(config)
    builder.constants += [
        helper.make_tensor("slopes", TensorProto.FLOAT, [1, len(slopes), 1, 1], slopes),
        helper.make_tensor("nought", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor("one_dimension", TensorProto.INT64, [1], [1]),
        helper.make_tensor("after_documents", TensorProto.INT64, [3], [1, 2, 3]),
    ]
    total = builder.node("Cast", ["total"], "total_real", to=TensorProto.FLOAT)
    keys = builder.node("Range", ["nought", total, "one"], "keys")
    last = builder.node("Cast", ["seqlens"], "last_real", to=TensorProto.FLOAT)
    last_keys = builder.node("Unsqueeze", [last, "after_documents"], "last_keys")
    distances = builder.node("Sub", [keys, last_keys], "distances")
    row = builder.node("Mul", ["slopes", distances], "bias_row")
    queries = builder.node("Shape", ["tokens"], "queries", start=1)
    shape = builder.node("Concat", [queries, "one_dimension"], "bias_shape", axis=0)
    return builder.node("Expand", [row, shape], "bias")


def _attention(builder: _Builder, config: ModelConfig, layer: int, normed: str, bias: str) -> str:
    prefix = f"layer{layer}"
    qkv = builder.matmul(normed, f"{prefix}.qkv")
    inputs = [qkv, "", "", f"past_key_{layer}", f"past_value_{layer}"]
    attended = builder.node(
        "GroupQueryAttention",
        [*inputs, "seqlens", "total", "cos", "sin", "rows", *([bias] if bias else [])],
        f"{prefix}.attended",
        num_heads=config.heads,
        kv_num_heads=config.kv_heads,
        do_rotary=1,
        rotary_interleaved=0,
    )
    builder.nodes[-1].output.extend([f"present_key_{layer}", f"present_value_{layer}"])
    return builder.matmul(attended, f"{prefix}.attention_out")


def _model(builder: _Builder, config: ModelConfig) -> onnx.ModelProto:
    real = TensorProto.FLOAT
    cache: list[str | int | None] = ["B", config.kv_heads, config.context, config.head_dim]
    angles = [config.context, config.head_dim // 2]
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, ["B", "S"]),
        helper.make_tensor_value_info("rows", TensorProto.INT64, ["B", "S"]),
        helper.make_tensor_value_info("seqlens", TensorProto.INT32, ["B"]),
        helper.make_tensor_value_info("total", TensorProto.INT32, []),
        helper.make_tensor_value_info("cos", real, angles),
        helper.make_tensor_value_info("sin", real, angles),
    ]
    outputs = [helper.make_tensor_value_info("logits_out", real, ["B", config.vocab_size])]
    for layer in range(config.depth):
        for kind in ("key", "value"):
            inputs.append(helper.make_tensor_value_info(f"past_{kind}_{layer}", real, cache))
            outputs.append(helper.make_tensor_value_info(f"present_{kind}_{layer}", real, cache))
    graph = helper.make_graph(
        builder.nodes,
        "anacrusis",
        inputs,
        outputs,
        initializer=[*builder.constants, *builder.weights],
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
        ir_version=9,
        producer_name="anacrusis",
    )


def _external(name: str, shape: tuple[int, ...], kind: int) -> onnx.TensorProto:
    """Return a weight without data: the session receives it from the weights file."""
    tensor = TensorProto(name=name, data_type=kind, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=WEIGHTS_LOCATION)
    return tensor
