"""Small stacks of single constructs as published code writes them, to find where exporters differ.

`vision_*`: vision, detection, restoration, generative and point networks.
"""
