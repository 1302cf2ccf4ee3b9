#include "server/plugins/testing/package_builder.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdio>
#include <cstdlib>

namespace provdlab::server::testing {
namespace {

void Check(bool good, archive* writer) {
  if (good) return;
  std::fprintf(stderr, "package_builder: %s\n", archive_error_string(writer));
  std::abort();
}

la_ssize_t Append(archive*, void* text, const void* bytes, std::size_t count) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

}  // namespace

PackageBuilder& PackageBuilder::Folder(const std::string& name) {
  members_.push_back({.name = name + "/", .content = "", .symlink = "", .hardlink = "", .type = AE_IFDIR, .mode = 0755});
  return *this;
}

PackageBuilder& PackageBuilder::File(const std::string& name, std::string content, unsigned mode) {
  members_.push_back({.name = name, .content = std::move(content), .symlink = "", .hardlink = "", .type = AE_IFREG, .mode = mode});
  return *this;
}

PackageBuilder& PackageBuilder::Symlink(const std::string& name, const std::string& target) {
  members_.push_back({.name = name, .content = "", .symlink = target, .hardlink = "", .type = AE_IFLNK, .mode = 0777});
  return *this;
}

PackageBuilder& PackageBuilder::Hardlink(const std::string& name, const std::string& target) {
  members_.push_back({.name = name, .content = "", .symlink = "", .hardlink = target, .type = AE_IFREG, .mode = 0644});
  return *this;
}

PackageBuilder& PackageBuilder::Special(const std::string& name, unsigned file_type) {
  members_.push_back({.name = name, .content = "", .symlink = "", .hardlink = "", .type = file_type, .mode = 0644});
  return *this;
}

std::string PackageBuilder::Bytes() const { return Write(archive_write_set_format_gnutar, archive_write_add_filter_bzip2); }
std::string PackageBuilder::PlainBytes() const { return Write(archive_write_set_format_gnutar, archive_write_add_filter_none); }
std::string PackageBuilder::GzipBytes() const { return Write(archive_write_set_format_gnutar, archive_write_add_filter_gzip); }
std::string PackageBuilder::ZipBytes() const { return Write(archive_write_set_format_zip, archive_write_add_filter_none); }

std::string PackageBuilder::Write(Setting format, Setting filter) const {
  std::string bytes;
  archive* writer = archive_write_new();
  Check(format(writer) == ARCHIVE_OK, writer);
  Check(filter(writer) == ARCHIVE_OK, writer);
  Check(archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK, writer);
  Check(archive_write_open(writer, &bytes, nullptr, Append, nullptr) == ARCHIVE_OK, writer);
  for (const Member& member : members_) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, static_cast<__LA_MODE_T>(member.mode));
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    if (!member.symlink.empty()) archive_entry_set_symlink(entry, member.symlink.c_str());
    if (!member.hardlink.empty()) archive_entry_set_hardlink(entry, member.hardlink.c_str());
    Check(archive_write_header(writer, entry) == ARCHIVE_OK, writer);
    if (!member.content.empty())
      Check(archive_write_data(writer, member.content.data(), member.content.size()) == static_cast<la_ssize_t>(member.content.size()),
            writer);
    archive_entry_free(entry);
  }
  Check(archive_write_close(writer) == ARCHIVE_OK, writer);
  archive_write_free(writer);
  return bytes;
}

Json PluginInfo(std::string_view version) {
  return {{"version", version},
          {"description", "Plugin for tests"},
          {"description_fr", "Greffon de test"},
          {"capabilities", {{"Acme, X1, 1.0", {{"sip.lines", 2}}}}}};
}

std::string Package(const std::string& id, const Json& info, const Json& manifest) {
  PackageBuilder builder;
  builder.Folder(id).File(id + "/plugin-info", DumpJson(info));
  if (!manifest.is_null()) builder.File(id + "/manifest.json", DumpJson(manifest));
  return builder.Bytes();
}

Json EntryFor(const std::string& filename, const std::string& bytes, const std::string& version, const std::string& sha1sum) {
  Json entry = PluginInfo(version);
  entry["filename"] = filename;
  entry["dsize"] = bytes.size();
  entry["sha1sum"] = sha1sum;
  return entry;
}

}  // namespace provdlab::server::testing
