"""What provdlab is built from, declared by one call: in its own WORKSPACE, and in that of a workspace that uses it.

    load("@provdlab//:repositories.bzl", "provdlab_dependencies")

    provdlab_dependencies()

docs/bazel-rule.md describes it, examples/their_provd is such a workspace.
"""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "maybe")
load("//third_party:debian.bzl", "coverage_tools", "debian_rules_cc", "rules_java_stub", "system_library")

def provdlab_dependencies():
    """Declares every repository that provdlab needs and that is not declared yet.

    All of it is what Debian 12 installs (bazelw names the packages): nothing is downloaded. A workspace that has one of
    these from elsewhere declares it before the call, and keeps it.
    """
    maybe(debian_rules_cc, name = "rules_cc")
    maybe(rules_java_stub, name = "rules_java")
    maybe(coverage_tools, name = "remote_coverage_tools")

    maybe(
        native.new_local_repository,
        name = "com_google_googletest",
        build_file = str(Label("//third_party:googletest.BUILD")),
        path = "/usr/src/googletest",
    )

    maybe(
        system_library,
        name = "boost",
        build_file = Label("//third_party:boost.BUILD"),
        debian_package = "libboost1.81-dev",
        headers = ["boost/version.hpp"],
    )

    maybe(
        system_library,
        name = "cli11",
        build_file = Label("//third_party:header_only.BUILD"),
        debian_package = "libcli11-dev",
        headers = ["CLI"],
    )

    maybe(
        system_library,
        name = "cpp-httplib",
        build_file = Label("//third_party:httplib.BUILD"),
        debian_package = "libcpp-httplib-dev",
        headers = ["httplib.h"],
    )

    maybe(
        system_library,
        name = "expected",
        build_file = Label("//third_party:header_only.BUILD"),
        debian_package = "libexpected-dev",
        headers = ["tl"],
    )

    maybe(
        system_library,
        name = "google_benchmark",
        build_file = Label("//third_party:benchmark.BUILD"),
        debian_package = "libbenchmark-dev",
        headers = ["benchmark"],
    )

    maybe(
        system_library,
        name = "libarchive",
        build_file = Label("//third_party:libarchive.BUILD"),
        debian_package = "libarchive-dev",
        headers = [
            "archive.h",
            "archive_entry.h",
        ],
    )

    maybe(
        system_library,
        name = "mustache",
        build_file = Label("//third_party:header_only.BUILD"),
        debian_package = "libkainjow-mustache-dev",
        headers = ["kainjow"],
    )

    maybe(
        system_library,
        name = "nlohmann_json",
        build_file = Label("//third_party:header_only.BUILD"),
        debian_package = "nlohmann-json3-dev",
        headers = ["nlohmann"],
    )

    maybe(
        system_library,
        name = "openssl",
        build_file = Label("//third_party:openssl.BUILD"),
        debian_package = "libssl-dev",
        headers = ["openssl"],
    )

    maybe(
        system_library,
        name = "pegtl",
        build_file = Label("//third_party:header_only.BUILD"),
        debian_package = "tao-pegtl-dev",
        headers = ["tao"],
    )

    maybe(
        system_library,
        name = "pugixml",
        build_file = Label("//third_party:pugixml.BUILD"),
        debian_package = "libpugixml-dev",
        headers = [
            "pugiconfig.hpp",
            "pugixml.hpp",
        ],
    )

    maybe(
        system_library,
        name = "rapidcheck",
        build_file = Label("//third_party:rapidcheck.BUILD"),
        debian_package = "librapidcheck-dev",
        headers = [
            "rapidcheck",
            "rapidcheck.h",
        ],
    )

    maybe(
        system_library,
        name = "spdlog",
        build_file = Label("//third_party:spdlog.BUILD"),
        debian_package = "libspdlog-dev",
        headers = [
            "fmt",
            "spdlog",
        ],
    )

    maybe(
        system_library,
        name = "osip",
        build_file = Label("//third_party:osip.BUILD"),
        debian_package = "libosip2-dev",
        headers = ["osipparser2"],
    )

    maybe(
        system_library,
        name = "sqlite3",
        build_file = Label("//third_party:sqlite3.BUILD"),
        debian_package = "libsqlite3-dev",
        headers = ["sqlite3.h"],
    )
