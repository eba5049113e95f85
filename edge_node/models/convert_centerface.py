"""CenterFace as published takes exactly ten pictures of 32 x 32; this frees batch and size."""

import onnx
from onnx.tools.update_model_dims import update_inputs_outputs_dims

OUTPUT_CHANNELS = {"537": 1, "538": 2, "539": 2, "540": 10}


def convert(original: bytes) -> bytes:
    """ONNX in, ONNX out: the same network and weights, its sizes left open.

    Input `input.1`: B x 3 x H x W, BGR 0..255, H and W multiples of 32. Outputs at a quarter of that size:
    `537` score, `538` log size, `539` offset, `540` landmarks.
    """
    model = onnx.load_model_from_string(original)
    # Listed as inputs, weights count as variable, and the runtime optimises nothing that depends on them.
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in [value for value in model.graph.input if value.name in weights]:
        model.graph.input.remove(value)
    outputs = {name: ["B", channels, "h", "w"] for name, channels in OUTPUT_CHANNELS.items()}
    freed = update_inputs_outputs_dims(model, {"input.1": ["B", 3, "H", "W"]}, outputs)
    serialised: bytes = freed.SerializeToString(deterministic=True)
    return serialised
