"""embed_files: a cc_library that carries files in the binary."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("//tools:copts.bzl", "COPTS")

def embed_files(name, srcs, function, strip_prefix = "", visibility = None):
    """Compiles files in.

    Makes `#include "<package>/<name>.h"`, which declares `std::span<const provdlab::EmbeddedFile> provdlab::<function>();`,
    sorted by path.

    Args:
      name: the cc_library
      srcs: the files, labels or filegroups
      function: name of the C++ function that returns them
      strip_prefix: taken off the front of each file's path in the workspace, e.g. "fixtures/plugins/"
      visibility: as everywhere
    """
    native.genrule(
        name = name + "_source",
        srcs = srcs,
        outs = [name + ".cc", name + ".h"],
        cmd = "$(location //tools/embed:embed.py) --function {} --header {}/{}.h --strip '{}' --cc $(location {}.cc) --h $(location {}.h) $(SRCS)".format(
            function,
            native.package_name(),
            name,
            strip_prefix,
            name,
            name,
        ),
        tools = ["//tools/embed:embed.py"],
        message = "Embedding",
    )
    cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"],
        copts = COPTS,
        visibility = visibility,
        deps = ["//base:embedded"],
    )
