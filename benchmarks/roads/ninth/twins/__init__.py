"""The same networks by the same package on TensorFlow."""
