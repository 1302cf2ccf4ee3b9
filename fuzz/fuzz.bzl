"""fuzz_test: replays a corpus in every build, and fuzzes with libFuzzer under --config=fuzz."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def fuzz_test(name, corpus, deps = [], **kwargs):
    """A test of a function `LLVMFuzzerTestOneInput`.

    An ordinary build gives it each file of the corpus once, so that what was found stays fixed. With --config=fuzz it goes
    on from the corpus with inputs of its own, for as long as .bazelrc says.

    Args:
      name: the test
      corpus: name of a folder in fixtures/corpora, one input a file
      deps: what the target needs
      **kwargs: as for cc_test
    """
    cc_test(
        name = name,
        size = "small",
        args = ["fixtures/corpora/" + corpus],
        data = ["//fixtures/corpora:" + corpus],
        linkopts = select({
            "//fuzz:fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        linkstatic = True,
        deps = deps + select({
            "//fuzz:fuzzing": [],
            "//conditions:default": ["//fuzz:replay_main"],
        }),
        **kwargs
    )
