"""From a trained Keras model to the ONNX file that scores, through a gate that compares them."""
