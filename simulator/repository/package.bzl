"""plugin_packages: the packages of fixture folders, as files."""

def plugin_packages(name, fixtures, srcs, visibility = None):
    """Builds FIXTURE.tar.bz2 of each folder, with the folder's name as the plugin's id.

    The bytes are those that `provdlab repo` serves under that id (docs/packages.md).

    Args:
      name: a filegroup of all archives
      fixtures: names of folders of this package
      srcs: all files of the folders, and the common entry.py
      visibility: as everywhere
    """
    for fixture in fixtures:
        native.genrule(
            name = fixture + "_package",
            srcs = srcs,
            outs = [fixture + ".tar.bz2"],
            cmd = "$(location //simulator/repository:packager) {} {} $@ $(SRCS)".format(native.package_name(), fixture),
            exec_tools = ["//simulator/repository:packager"],
            message = "Packaging",
        )
    native.filegroup(
        name = name,
        srcs = [fixture + ".tar.bz2" for fixture in fixtures],
        visibility = visibility,
    )
