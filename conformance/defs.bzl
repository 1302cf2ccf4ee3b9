"""provd_conformance_test: the conformance suite against a provd, as a Bazel test.

    load("@provdlab//conformance:defs.bzl", "provd_conformance_test")

    provd_conformance_test(
        name = "conformance_test",
        provd = ":my_provd",
        launch = "{provd} --port {rest_port} --state {state_dir}",
        known = "my_provd.known",
        shard_count = 4,
    )

docs/bazel-rule.md describes it.
"""

# What a running target needs of Bazel: the network, and to be asked each time.
_RUNNING = ["requires-network", "no-cache", "no-remote", "local", "external"]

def _quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"

def _provd_conformance_test_impl(ctx):
    runfiles = ctx.runfiles(files = ctx.files.known + ctx.files.tokens).merge(ctx.attr._suite[DefaultInfo].default_runfiles)
    words = [ctx.executable._suite.short_path, "conform"]
    if ctx.attr.provd:
        runfiles = runfiles.merge(ctx.attr.provd[DefaultInfo].default_runfiles)
        words += ["--launch", "exec " + ctx.attr.launch.replace("{provd}", ctx.executable.provd.short_path)]
    if ctx.attr.then_launch:
        next_provd = ctx.executable.next_provd or ctx.executable.provd
        runfiles = runfiles.merge((ctx.attr.next_provd or ctx.attr.provd)[DefaultInfo].default_runfiles)
        words += ["--then-launch", "exec " + ctx.attr.then_launch.replace("{next_provd}", next_provd.short_path)]
    if ctx.attr.dialect:
        words += ["--dialect", ctx.attr.dialect]
    if ctx.file.tokens:
        words += ["--tokens", ctx.file.tokens.short_path]
    if ctx.attr.target:
        words += ["--target", ctx.attr.target]
    if ctx.file.known:
        words += ["--known", ctx.file.known.short_path]
    if ctx.attr.known_server:
        words += ["--known", ctx.attr.known_server]
    for area in ctx.attr.areas:
        words += ["--filter", area]
    words += ctx.attr.options
    ctx.actions.expand_template(
        template = ctx.file._launcher,
        output = ctx.outputs.executable,
        substitutions = {"%{command}": " ".join([_quoted(word) for word in words])},
        is_executable = True,
    )
    return [DefaultInfo(runfiles = runfiles)]

_provd_conformance_test = rule(
    implementation = _provd_conformance_test_impl,
    test = True,
    attrs = {
        "provd": attr.label(executable = True, cfg = "target"),
        "launch": attr.string(),
        "next_provd": attr.label(executable = True, cfg = "target"),
        "then_launch": attr.string(),
        "target": attr.string(),
        "dialect": attr.string(),
        "tokens": attr.label(allow_single_file = True),
        "known": attr.label(allow_single_file = True),
        "known_server": attr.string(),
        "areas": attr.string_list(),
        "options": attr.string_list(),
        "_suite": attr.label(default = "//tools:provdlab", executable = True, cfg = "target"),
        "_launcher": attr.label(default = "//conformance:bazel_test.sh.template", allow_single_file = True),
    },
)

def provd_conformance_test(
        name,
        provd = None,
        launch = None,
        next_provd = None,
        then_launch = None,
        target = None,
        dialect = None,
        tokens = None,
        known = None,
        known_server = None,
        areas = [],
        options = [],
        tags = [],
        **kwargs):
    """The suite against a provd that the test starts, or against one that is running.

    Args:
      name: of the test
      provd: an executable that is a provd, started for each shard with free ports and a fresh folder
      launch: how it is started: "{provd} --port {rest_port} --state {state_dir}". What else may stand there: `provdlab conform --help`
      next_provd: its next version; provd itself unless said
      then_launch: how that is started on the same folder, for what an upgrade must keep: "{next_provd} --port {rest_port} --state {state_dir}"
      target: instead of provd, the URL of one that is running. Such a test is never cached and runs here
      dialect: xivo or wazo; found out unless given, and xivo for a provd that the test starts
      tokens: for wazo, a file with tenants and their tokens; a provd that the test starts gets one of the suite's as {tokens}
      known: a file of known divergences
      known_server: or the name of one that comes along
      areas: requirements, areas or scenarios (globs); everything unless said
      options: further ones of `provdlab conform`
      tags: as everywhere
      **kwargs: as everywhere: shard_count, size, visibility, …
    """
    if (provd == None) == (target == None):
        fail("provd_conformance_test %s needs one of provd and target" % name)
    if (provd == None) != (launch == None):
        fail("provd_conformance_test %s: launch says how provd is started, and is needed with it" % name)
    if then_launch != None and provd == None:
        fail("provd_conformance_test %s: then_launch starts the next version of provd, which is missing" % name)
    if next_provd != None and then_launch == None:
        fail("provd_conformance_test %s: then_launch says how next_provd is started, and is needed with it" % name)
    if known != None and known_server != None:
        fail("provd_conformance_test %s: either known or known_server" % name)
    kwargs.setdefault("size", "large")
    _provd_conformance_test(
        name = name,
        provd = provd,
        launch = launch,
        next_provd = next_provd,
        then_launch = then_launch,
        target = target,
        dialect = dialect,
        tokens = tokens,
        known = known,
        known_server = known_server,
        areas = areas,
        options = options,
        tags = tags + (_RUNNING if target else []),
        **kwargs
    )
