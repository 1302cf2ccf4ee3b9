#include "base/sip/message.h"

#include <osipparser2/osip_parser.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <memory>

#include "base/sip/scan.h"
#include "base/text.h"

namespace provdlab::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";
constexpr std::size_t kShownBytes = 80;                   // of what an error quotes
constexpr std::uint64_t kGreatestSequence = 0x7fff'ffff;  // RFC 3261, 8.1.1.5

// ---- libosip2

void SayNothing(const char*, int, osip_trace_level_t, const char*, va_list) {}

// It writes to standard output unless somebody else takes what it has to say.
bool OsipIsReady() {
  static const bool ready = [] {
    osip_trace_initialize_func(END_TRACE_LEVEL, SayNothing);
    return parser_init() == OSIP_SUCCESS;
  }();
  return ready;
}

// Whether libosip2 can read `text` as a T. Texts with NUL never come here.
template <typename T>
bool OsipReads(const std::string& text, int (*init)(T**), int (*parse)(T*, const char*), void (*free)(T*)) {
  T* raw = nullptr;
  if (!OsipIsReady() || init(&raw) != OSIP_SUCCESS) return false;
  const std::unique_ptr<T, void (*)(T*)> parsed(raw, free);
  return parse(raw, text.c_str()) == OSIP_SUCCESS;
}

struct FreeUri {
  void operator()(osip_uri_t* uri) const { osip_uri_free(uri); }
};

// Null if it can't be read.
std::unique_ptr<osip_uri_t, FreeUri> OsipUri(const std::string& text) {
  osip_uri_t* raw = nullptr;
  if (!OsipIsReady() || osip_uri_init(&raw) != OSIP_SUCCESS) return nullptr;
  std::unique_ptr<osip_uri_t, FreeUri> uri(raw);
  if (osip_uri_parse(raw, text.c_str()) != OSIP_SUCCESS || raw->scheme == nullptr) return nullptr;
  return uri;
}

bool IsVia(const std::string& text) { return OsipReads(text, osip_via_init, osip_via_parse, osip_via_free); }
// An address without a URI is one to libosip2.
bool IsFrom(const std::string& text) { return !UriIn(text).empty() && OsipReads(text, osip_from_init, osip_from_parse, osip_from_free); }
bool IsContact(const std::string& text) {
  return !UriIn(text).empty() && OsipReads(text, osip_contact_init, osip_contact_parse, osip_contact_free);
}
bool IsCallId(const std::string& text) {
  return !text.empty() && OsipReads(text, osip_call_id_init, osip_call_id_parse, osip_call_id_free);
}
bool IsUri(const std::string& text) { return OsipUri(text) != nullptr; }

// ---- Headers

std::optional<Sequence> ReadSequence(std::string_view value) {
  const std::size_t blank = value.find_first_of(" \t");
  if (blank == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> number = ParseDecimal(value.substr(0, blank));
  const std::string_view method = Trim(value.substr(blank));
  if (!number || *number > kGreatestSequence || method.empty() || method.find_first_of(" \t") != std::string_view::npos)
    return std::nullopt;
  return Sequence{static_cast<unsigned long>(*number), std::string(method)};
}

bool IsSequence(const std::string& text) { return ReadSequence(text).has_value(); }

// What Parse looks into.
struct Known {
  std::string_view name;
  bool (*is_right)(const std::string& value);
  bool required, once;
};
constexpr std::array<Known, 6> kKnown = {{
    {"Via", IsVia, true, false},
    {"From", IsFrom, true, true},
    {"To", IsFrom, true, true},
    {"Call-ID", IsCallId, true, true},
    {"CSeq", IsSequence, true, true},
    {"Contact", IsContact, false, false},
}};

// RFC 3261, 7.3.3, and the RFCs that added some.
constexpr std::array<std::pair<char, std::string_view>, 18> kCompact = {{
    {'a', "Accept-Contact"},
    {'b', "Referred-By"},
    {'c', "Content-Type"},
    {'d', "Request-Disposition"},
    {'e', "Content-Encoding"},
    {'f', "From"},
    {'i', "Call-ID"},
    {'j', "Reject-Contact"},
    {'k', "Supported"},
    {'l', "Content-Length"},
    {'m', "Contact"},
    {'o', "Event"},
    {'r', "Refer-To"},
    {'s', "Subject"},
    {'t', "To"},
    {'u', "Allow-Events"},
    {'v', "Via"},
    {'x', "Session-Expires"},
}};

std::string LongName(std::string_view name) {
  if (name.size() != 1) return std::string(name);
  const std::string letter = Lower(name);
  const auto found = std::find_if(kCompact.begin(), kCompact.end(), [&](const auto& one) { return one.first == letter.front(); });
  return std::string(found == kCompact.end() ? name : found->second);
}

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetterOrDigit(c) || std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
  });
}

std::string Shown(std::string_view text) {
  return "'" + std::string(text.substr(0, kShownBytes)) + (text.size() > kShownBytes ? "…'" : "'");
}

// ---- Messages

// Reads one message from `text_`, from which errors take their position.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Message> Read() {
    if (text_.size() > kLargestMessage)
      return Wrong(kLargestMessage, "a message has at most " + std::to_string(kLargestMessage) + " bytes");
    // Empty lines before a message are there to keep connections open.
    while (text_.substr(at_).starts_with("\r\n")) at_ += 2;
    const std::size_t end = text_.find("\r\n\r\n", at_);
    if (at_ == text_.size()) return Wrong(at_, "it is empty");
    if (end == std::string_view::npos) return Wrong(text_.size(), "no empty line ends its headers");
    head_ = text_.substr(0, end + 2);
    if (Result<> fine = CheckBytes(); !fine) return Fail(fine.error());
    if (Result<> fine = ReadFirstLine(); !fine) return Fail(fine.error());
    while (at_ < head_.size())
      if (Result<> fine = ReadHeader(); !fine) return Fail(fine.error());
    if (Result<> fine = CheckHeaders(); !fine) return Fail(fine.error());
    if (Result<> fine = ReadBody(end + 4); !fine) return Fail(fine.error());
    return std::move(message_);
  }

 private:
  tl::unexpected<Error> Wrong(std::size_t offset, std::string problem) const {
    return Fail(ErrorKind::kInvalid, std::move(problem), PositionAt(text_, offset));
  }

  // Lines end with CR LF; no other control character but the tabulator is anywhere in them.
  Result<> CheckBytes() const {
    for (std::size_t i = at_; i < head_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(head_[i]);
      if (byte == '\r' && i + 1 < head_.size() && head_[i + 1] == '\n')
        ++i;
      else if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
        return Wrong(i, byte == '\r' || byte == '\n' ? "a line must end with CR and LF, both" : "there is a control character in a header");
    }
    return {};
  }

  std::string_view TakeLine() {
    const std::size_t end = head_.find("\r\n", at_);
    const std::string_view line = head_.substr(at_, end - at_);
    at_ = end + 2;
    return line;
  }

  Result<> ReadFirstLine() {
    const std::size_t begin = at_;
    const std::string_view line = TakeLine();
    const std::size_t first = line.find(' ');
    if (EqualIgnoringCase(line.substr(0, first), kVersion)) {
      const std::string_view rest = first == std::string_view::npos ? "" : line.substr(first + 1);
      const std::string_view digits = rest.substr(0, rest.find(' '));
      const std::optional<std::uint64_t> status = ParseDecimal(digits);
      if (digits.size() != 3 || !status || *status < 100 || *status > 699)
        return Wrong(begin, "a response begins with SIP/2.0 and a status from 100 to 699, not with " + Shown(line));
      message_.status = static_cast<int>(*status);
      message_.reason = Trim(rest.substr(digits.size()));
      return {};
    }
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || last == first || !EqualIgnoringCase(line.substr(last + 1), kVersion))
      return Wrong(begin, "a request begins with METHOD URI SIP/2.0, a response with SIP/2.0 STATUS, not with " + Shown(line));
    message_.method = line.substr(0, first);
    message_.uri = line.substr(first + 1, last - first - 1);
    if (!IsToken(message_.method)) return Wrong(begin, Shown(message_.method) + " is no method");
    if (message_.uri.find_first_of(" \t<>\"") != std::string::npos || !IsUri(message_.uri))
      return Wrong(begin + first + 1, Shown(message_.uri) + " is no URI");
    return {};
  }

  Result<> ReadHeader() {
    const std::size_t begin = at_;
    std::string line(TakeLine());
    if (line.front() == ' ' || line.front() == '\t')
      return Wrong(begin, "a line that begins with a blank goes on with a header, and there is none");
    // Folded lines, though nobody should send them any more.
    while (at_ < head_.size() && (head_[at_] == ' ' || head_[at_] == '\t')) line.append(" ").append(Trim(TakeLine()));
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) return Wrong(begin, "the line " + Shown(line) + " has no ':'");
    const std::string_view name = Trim(std::string_view(line).substr(0, colon));
    if (!IsToken(name)) return Wrong(begin, Shown(name) + " is no name of a header");
    const std::string_view value = Trim(std::string_view(line).substr(colon + 1));
    std::string long_name = LongName(name);
    if (!EqualIgnoringCase(long_name, "Content-Length")) {
      message_.Add(std::move(long_name), std::string(value));
      return {};
    }
    const std::optional<std::uint64_t> length = ParseDecimal(value);
    if (!length || (length_ && *length_ != *length)) return Wrong(begin, "Content-Length must be one number, not " + Shown(value));
    length_ = length;
    return {};
  }

  Result<> CheckHeaders() const {
    const auto wrong = [this](std::string problem) { return Wrong(head_.size(), std::move(problem)); };
    for (const Known& known : kKnown) {
      const std::string name(known.name);
      const std::vector<std::string> values = known.once ? message_.All(name) : message_.Elements(name);
      if (values.empty() && known.required) return wrong("it has no " + name);
      if (values.size() > 1 && known.once) return wrong("it has more than one " + name);
      for (const std::string& value : values)
        if (!known.is_right(value)) return wrong("its " + name + " can't be read: " + Shown(value));
    }
    if (const std::optional<Sequence> sequence = SequenceOf(message_); message_.is_request() && sequence->method != message_.method)
      return wrong("its CSeq is of " + Shown(sequence->method) + ", the request a " + Shown(message_.method));
    return {};
  }

  Result<> ReadBody(std::size_t begin) {
    const std::string_view rest = text_.substr(begin);
    if (length_ && *length_ > rest.size())
      return Wrong(text_.size(),
                   "Content-Length says " + std::to_string(*length_) + " bytes, and " + std::to_string(rest.size()) + " came");
    message_.body = rest.substr(0, length_.value_or(rest.size()));
    return {};
  }

  const std::string_view text_;
  std::string_view head_;  // with the line break of its last line
  std::size_t at_ = 0;
  std::optional<std::uint64_t> length_;
  Message message_;
};

// The sender that a Via names: "SIP/2.0/UDP host:port;…".
struct SentBy {
  std::string_view host;
  std::uint16_t port = kDefaultPort;
};
SentBy ReadSentBy(std::string_view via) {
  std::string_view text = Trim(via.substr(0, via.find(';')));
  const std::size_t blank = text.find_last_of(" \t");
  if (blank != std::string_view::npos) text.remove_prefix(blank + 1);
  // An IPv6 address has colons of its own, in brackets.
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos) return {text};
  const std::optional<std::uint64_t> port = ParseDecimal(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 0xffff) return {text.substr(0, colon)};
  return {text.substr(0, colon), static_cast<std::uint16_t>(*port)};
}

void AppendPlain(std::string& text, std::string_view part) {
  for (const char c : part) text += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

}  // namespace

std::optional<std::string> Message::Get(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& header) { return EqualIgnoringCase(header.name, name); });
  return found == headers.end() ? std::nullopt : std::optional(found->value);
}

void Message::Remove(std::string_view name) {
  std::erase_if(headers, [name](const Header& header) { return EqualIgnoringCase(header.name, name); });
}

std::vector<std::string> Message::All(std::string_view name) const {
  std::vector<std::string> values;
  for (const Header& header : headers)
    if (EqualIgnoringCase(header.name, name)) values.push_back(header.value);
  return values;
}

std::vector<std::string> Message::Elements(std::string_view name) const {
  std::vector<std::string> elements;
  for (const Header& header : headers) {
    if (!EqualIgnoringCase(header.name, name)) continue;
    for (const std::string_view element : SplitOutside(header.value, ',')) elements.emplace_back(element);
  }
  return elements;
}

std::string Message::Text() const {
  std::string text;
  const auto line = [&text](std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) AppendPlain(text, part);
    text += "\r\n";
  };
  if (is_request())
    line({method, " ", uri, " ", kVersion});
  else
    line({kVersion, " ", std::to_string(status), " ", reason});
  for (const Header& header : headers) line({header.name, ": ", header.value});
  line({"Content-Length: ", std::to_string(body.size())});
  return text + "\r\n" + body;
}

Result<Message> Parse(std::string_view datagram) { return Reader(datagram).Read(); }

Message ResponseTo(const Message& request, int status, std::string reason, std::string_view tag) {
  Message response;
  response.status = status;
  response.reason = std::move(reason);
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"})
    for (std::string& value : request.All(name)) {
      // Before what parameters there are: what follows one without a value can't be read everywhere.
      if (name == std::string_view("To") && !Parameter(value, "tag") && !tag.empty())
        value.insert(std::min(FindOutside(value, ';', 0), value.size()), ";tag=" + std::string(tag));
      response.Add(name, std::move(value));
    }
  return response;
}

void MarkSource(Message& request, std::string_view ip, std::uint16_t port) {
  const auto via = std::find_if(request.headers.begin(), request.headers.end(),
                                [](const Header& header) { return EqualIgnoringCase(header.name, "Via"); });
  if (via == request.headers.end()) return;
  // The first element of the line is the topmost one.
  const std::size_t end = std::min(FindOutside(via->value, ',', 0), via->value.size());
  const std::vector<std::string_view> parts = SplitOutside(std::string_view(via->value).substr(0, end), ';');
  if (parts.empty()) return;
  const auto is = [](std::string_view part, std::string_view name) { return EqualIgnoringCase(ReadNameAndValue(part).name, name); };
  const bool by_port = std::any_of(parts.begin() + 1, parts.end(), [&](std::string_view part) { return is(part, "rport"); });
  std::string marked(parts.front());
  if (by_port || ReadSentBy(parts.front()).host != ip) marked.append(";received=").append(ip);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (is(parts[i], "received")) continue;
    marked.append(";").append(is(parts[i], "rport") ? "rport=" + std::to_string(port) : std::string(parts[i]));
  }
  via->value.replace(0, end, marked);
}

std::uint16_t ReplyPort(const Message& request, std::uint16_t source_port) {
  const std::vector<std::string> vias = request.Elements("Via");
  if (vias.empty() || Parameter(vias.front(), "rport")) return source_port;
  return ReadSentBy(vias.front()).port;
}

std::optional<std::string> Parameter(std::string_view value, std::string_view name) {
  const std::size_t begin = FindOutside(value, ';', 0);
  if (begin == std::string_view::npos) return std::nullopt;
  for (const std::string_view part : SplitOutside(value.substr(begin), ';')) {
    NameAndValue parameter = ReadNameAndValue(part);
    if (EqualIgnoringCase(parameter.name, name)) return std::move(parameter.value);
  }
  return std::nullopt;
}

std::optional<Sequence> SequenceOf(const Message& message) {
  const std::optional<std::string> value = message.Get("CSeq");
  return value ? ReadSequence(*value) : std::nullopt;
}

std::string_view UriIn(std::string_view value) {
  const std::size_t open = FindOutside(value, '<', 0);
  if (open == std::string_view::npos) return Trim(value.substr(0, FindOutside(value, ';', 0)));
  const std::size_t begin = open + 1;
  return Trim(value.substr(begin, std::min(value.find('>', begin), value.size()) - begin));
}

std::optional<Address> ReadAddress(std::string_view text) {
  // Before the parameters only where it is in <…>: else they are the URI's own.
  const std::string uri(FindOutside(text, '<', 0) == std::string_view::npos ? Trim(text) : UriIn(text));
  // libosip2 ends where a NUL is, also an escaped one.
  if (uri.find('\0') != std::string::npos || uri.find("%00") != std::string::npos) return std::nullopt;
  const auto parsed = OsipUri(uri);
  if (!parsed || (!EqualIgnoringCase(parsed->scheme, "sip") && !EqualIgnoringCase(parsed->scheme, "sips")) || parsed->host == nullptr ||
      parsed->host[0] == '\0')
    return std::nullopt;
  Address address{.user = parsed->username == nullptr ? "" : parsed->username, .host = parsed->host};
  if (parsed->port != nullptr) {
    const std::optional<std::uint64_t> port = ParseDecimal(parsed->port);
    if (!port || *port == 0 || *port > 0xffff) return std::nullopt;
    address.port = static_cast<std::uint16_t>(*port);
  }
  return address;
}

std::string ReasonPhrase(int status) {
  const char* const reason = osip_message_get_reason(status);
  return reason == nullptr ? "" : reason;
}

std::string EscapeUser(std::string_view user) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : user) {
    const bool plain = IsLetterOrDigit(c) || (c != '\0' && std::string_view("-_.!~*'()&=+$,;?/").find(c) != std::string_view::npos);
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      escaped += c;
    else
      escaped += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
  }
  return escaped;
}

}  // namespace provdlab::sip
