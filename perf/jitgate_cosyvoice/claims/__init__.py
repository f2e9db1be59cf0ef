"""What was claimed of JIT, half precision, quantisation, batching and TensorRT, held against measurements."""
