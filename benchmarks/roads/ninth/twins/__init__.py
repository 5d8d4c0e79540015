"""The same networks in Keras, layer by layer."""
