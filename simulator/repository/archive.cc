#include "simulator/repository/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace provdlab::repository {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameField = 100;

// Fields of a ustar header, by offset and width.
struct Field {
  std::size_t offset, width;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kOwner{108, 8}, kGroup{116, 8}, kSize{124, 12}, kTime{136, 12}, kSum{148, 8}, kLink{157, 100},
    kMajor{329, 8}, kMinor{337, 8};
constexpr std::size_t kType = 156, kMagic = 257;

void PutText(std::string& block, Field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.width), block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

void PutNumber(std::string& block, Field field, std::uint64_t number) {
  for (std::size_t i = field.width - 1; i-- > 0; number /= 8) block[field.offset + i] = static_cast<char>('0' + number % 8);
}

std::string Header(std::string_view name, char type, std::uint64_t size, unsigned mode, std::string_view target) {
  std::string block(kBlock, '\0');
  PutText(block, kName, name);
  PutNumber(block, kMode, mode);
  PutNumber(block, kOwner, 0);
  PutNumber(block, kGroup, 0);
  PutNumber(block, kSize, size);
  PutNumber(block, kTime, 0);
  PutText(block, kLink, target);
  block[kType] = type;
  std::memcpy(&block[kMagic],
              "ustar\0"
              "00",
              8);
  PutNumber(block, kMajor, type == '3' || type == '4' ? 1 : 0);
  PutNumber(block, kMinor, type == '3' || type == '4' ? 5 : 0);
  // The sum is taken with blanks in its own place, and written as six digits, NUL, blank.
  std::fill_n(block.begin() + kSum.offset, kSum.width, ' ');
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  PutNumber(block, {kSum.offset, 7}, sum);
  block[kSum.offset + 6] = '\0';
  return block;
}

std::string Padded(std::string bytes) {
  bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return bytes;
}

// "LENGTH KEY=VALUE\n", where LENGTH counts itself.
std::string PaxRecord(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

bool FitsUstar(std::string_view text) {
  return text.size() <= kNameField && std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

char TypeFlag(MemberType type) {
  switch (type) {
    case MemberType::kFile:
      return '0';
    case MemberType::kHardlink:
      return '1';
    case MemberType::kSymlink:
      return '2';
    case MemberType::kCharacterDevice:
      return '3';
    case MemberType::kBlockDevice:
      return '4';
    case MemberType::kFolder:
      return '5';
    case MemberType::kFifo:
      return '6';
  }
  return '0';
}

std::uint64_t Hash(std::uint64_t seed, std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

std::string TarMember(const Member& member) {
  std::string out;
  std::string pax;
  if (!FitsUstar(member.name)) pax += PaxRecord("path", member.name);
  if (!FitsUstar(member.target)) pax += PaxRecord("linkpath", member.target);
  if (!pax.empty()) out += Header("pax", 'x', pax.size(), 0644, "") + Padded(pax);

  const bool file = member.type == MemberType::kFile;
  const unsigned usual = member.type == MemberType::kFolder ? 0755 : 0644;
  out += Header(std::string_view(member.name).substr(0, kNameField), TypeFlag(member.type), file ? member.content.size() : 0,
                member.mode == 0 ? usual : member.mode, std::string_view(member.target).substr(0, kNameField));
  if (file) out += Padded(member.content);
  return out;
}

std::string TarEnd() { return std::string(2 * kBlock, '\0'); }

namespace {

// One stream through a filter of libarchive's.
Result<std::string> Compress(std::string_view bytes, int (*add_filter)(archive*), const char* options) {
  std::string out;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  if (!writer || !entry) return Fail(ErrorKind::kInternal, "no memory to compress an archive");
  const auto append = [](archive*, void* to, const void* data, std::size_t size) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  };
  archive_entry_set_pathname(entry.get(), "data");
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  const bool fine = add_filter(writer.get()) == ARCHIVE_OK && archive_write_set_format_raw(writer.get()) == ARCHIVE_OK &&
                    archive_write_set_options(writer.get(), options) == ARCHIVE_OK &&
                    archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&
                    archive_write_open(writer.get(), &out, nullptr, append, nullptr) == ARCHIVE_OK &&
                    archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
                    archive_write_data(writer.get(), bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()) &&
                    archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!fine) {
    const char* why = archive_error_string(writer.get());
    return Fail(ErrorKind::kInternal, std::string("an archive could not be compressed: ") + (why != nullptr ? why : "unknown reason"));
  }
  return out;
}

// Little-endian numbers, as zip archives have them.
void PutLittle(std::string& out, std::uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
  }
  return ~crc;
}

// What the local header of a member and its entry in the directory share.
std::string ZipFields(const Member& member) {
  constexpr std::uint32_t kVersion = 20, kUtf8Names = 1u << 11, kStored = 0, kMidnight = 0, kFirstDay = 1u << 5 | 1;
  const auto size = static_cast<std::uint32_t>(member.content.size());
  std::string fields;
  for (const std::uint32_t field : {kVersion, kUtf8Names, kStored, kMidnight, kFirstDay}) PutLittle(fields, field, 2);
  for (const std::uint32_t field : {Crc32(member.content), size, size}) PutLittle(fields, field, 4);
  PutLittle(fields, static_cast<std::uint32_t>(member.name.size()), 2);
  PutLittle(fields, 0, 2);  // no extra field
  return fields;
}

}  // namespace

Result<std::string> Bzip2(std::string_view bytes) { return Compress(bytes, archive_write_add_filter_bzip2, nullptr); }

Result<std::string> Gzip(std::string_view bytes) { return Compress(bytes, archive_write_add_filter_gzip, "gzip:!timestamp"); }

Result<std::string> Zip(const std::vector<Member>& members) {
  constexpr std::uint64_t kMost = 0xffff, kLargest = 0xffffffff;
  std::string out, directory;
  for (const Member& member : members) {
    const bool folder = member.type == MemberType::kFolder;
    if (member.name.size() > kMost || out.size() + member.content.size() > kLargest / 2 || members.size() > kMost)
      return Fail(ErrorKind::kInvalid, "\"" + member.name + "\" does not fit into a zip archive");
    const std::string fields = ZipFields(member);
    directory += std::string("PK\1\2") + '\x14' + '\x03' + fields;  // made on Unix, whose permissions stand below
    for (int i = 0; i < 3; ++i) PutLittle(directory, 0, 2);         // no comment, first disk, no kind of text
    PutLittle(directory, (folder ? 040755u : 0100000u | (member.mode == 0 ? 0644u : member.mode)) << 16, 4);
    PutLittle(directory, static_cast<std::uint32_t>(out.size()), 4);
    directory += member.name;
    out += std::string("PK\3\4") + fields + member.name + member.content;
  }
  const auto begin = static_cast<std::uint32_t>(out.size());
  out += directory + "PK\5\6" + std::string(4, '\0');
  for (int i = 0; i < 2; ++i) PutLittle(out, static_cast<std::uint32_t>(members.size()), 2);
  PutLittle(out, static_cast<std::uint32_t>(directory.size()), 4);
  PutLittle(out, begin, 4);
  PutLittle(out, 0, 2);
  return out;
}

std::string Noise(std::uint64_t seed, std::string_view name, std::uint64_t size) {
  std::uint64_t state = Hash(seed, name);
  std::string out;
  out.reserve(size + 8);
  while (out.size() < size) {
    // SplitMix64
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(z >> (8 * i)));
  }
  out.resize(size);
  return out;
}

}  // namespace provdlab::repository
