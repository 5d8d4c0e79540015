"""The same network on many roads: every exporter of every format, and what each file comes to.

Run it from the repository root with the extras `frameworks` and `roads` installed:

    python -m benchmarks.roads OUT                     # the development set, all roads; resumes
    python -m benchmarks.roads OUT --set held          # networks that no rule was written for
    python -m benchmarks.roads OUT --only bert unet    # some architectures
    python -m benchmarks.roads.compare OUT             # which roads lead to one canonical graph

An architecture is a module below one of the folders (`dev`, `held` ... `eighth`, `constructs`)
with `build(seed)`, a torch network and its example inputs. A module of the same name in `twins`
builds exactly the same topology in Keras, from Keras 3 or from `tf_keras`. `dev` is for looking at
while a reader or a pass is written; the others are for measuring only, so that the share of equal
files says something about networks that nobody has looked at. `fourth` to `eighth` are published
networks, chosen and written by someone who had not seen the readers. `constructs` is for
looking at too: small stacks of single constructs, each told apart easily where files differ.

Weights are random and small; no bias, scale or statistic has a value that an exporter could fold
away. The same seed gives the same networks; some exporters number their nodes as they like.
"""
