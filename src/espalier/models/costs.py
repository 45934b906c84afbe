"""What one operation of torch costs, in floating-point operations (FLOPs).

Products count: a multiplication and its addition are two. Norms and activations count one for each element. All else (pooling,
additions, softmax, biases, moving numbers about) counts nothing, so that a written-out attention costs what a fused one does.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

ONE_PER_ELEMENT = {
    *("relu", "leaky_relu", "gelu", "silu", "mish", "elu", "celu", "selu", "softplus", "_prelu_kernel"),
    *("sigmoid", "tanh", "hardtanh", "hardswish", "hardsigmoid", "log_sigmoid_forward"),
    *("native_batch_norm", "native_layer_norm", "native_group_norm", "_fused_rms_norm", "_native_batch_norm_legit_no_training"),
}


def flops_of(operation: str, arguments: Sequence[Any], output: object) -> int:
    """Return the floating-point operations of one call.

    Args:
        operation: its name in ATen, for example "convolution"; with "_" at its end where it works in place.
        arguments: what it was called with.
        output: what it returned, a tensor or several.
    """
    first = output[0] if isinstance(output, tuple | list) and output else output
    name = operation if operation.startswith("_") else operation.rstrip("_")
    if not isinstance(first, Tensor):
        return 0
    if name in ONE_PER_ELEMENT:
        return first.numel()
    if name == "convolution":
        image, weight, transposed = arguments[0], arguments[1], arguments[6]
        return 2 * (image if transposed else first).numel() * prod(weight.shape[1:])
    if name in ("mm", "bmm"):
        return 2 * first.numel() * arguments[0].shape[-1]
    if name in ("addmm", "baddbmm"):
        return 2 * first.numel() * arguments[1].shape[-1]
    if name == "mkldnn_rnn_layer":  # torch's kernel of an LSTM on a CPU: two products, three sigmoids and two tanh a step
        steps, from_input, from_step = arguments[:3]
        return prod(steps.shape[:2]) * (2 * (from_input.numel() + from_step.numel()) + 5 * from_step.shape[1])
    if name.startswith("_scaled_dot_product"):
        query, key, value = arguments[:3]
        return 2 * prod(query.shape[:-1]) * key.shape[-2] * (query.shape[-1] + value.shape[-1])
    return 0
