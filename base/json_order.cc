#include "base/json_order.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace provdlab {
namespace {

constexpr double kTwoTo63 = 9'223'372'036'854'775'808.0;
constexpr double kTwoTo64 = 2 * kTwoTo63;

// What an integer of 64 bits, signed or not, is to a double: exactly, without making a double of it.
template <typename Integer>
std::weak_ordering CompareWithDouble(Integer integer, double number) {
  constexpr bool is_signed = std::is_signed_v<Integer>;
  if (number >= (is_signed ? kTwoTo63 : kTwoTo64)) return std::weak_ordering::less;
  if (number < (is_signed ? -kTwoTo63 : 0.0)) return std::weak_ordering::greater;
  const double whole = std::trunc(number);
  const auto truncated = static_cast<Integer>(whole);
  if (integer != truncated) return integer < truncated ? std::weak_ordering::less : std::weak_ordering::greater;
  return number == whole ? std::weak_ordering::equivalent : number > whole ? std::weak_ordering::less : std::weak_ordering::greater;
}

template <typename Left, typename Right>
std::weak_ordering CompareIntegers(Left left, Right right) {
  return std::cmp_less(left, right)   ? std::weak_ordering::less
         : std::cmp_less(right, left) ? std::weak_ordering::greater
                                      : std::weak_ordering::equivalent;
}

std::weak_ordering Reversed(std::weak_ordering order) { return 0 <=> order; }

// `number` against any number.
template <typename Number>
std::weak_ordering CompareNumber(Number number, const Json& other) {
  constexpr bool is_double = std::is_same_v<Number, double>;
  if (other.is_number_float()) {
    const double right = other.get<double>();
    if constexpr (is_double) {
      return number < right ? std::weak_ordering::less : number > right ? std::weak_ordering::greater : std::weak_ordering::equivalent;
    } else {
      return CompareWithDouble(number, right);
    }
  }
  const auto with = [&](auto integer) {
    if constexpr (is_double) {
      return Reversed(CompareWithDouble(integer, number));
    } else {
      return CompareIntegers(number, integer);
    }
  };
  return other.is_number_unsigned() ? with(other.get<std::uint64_t>()) : with(other.get<std::int64_t>());
}

std::weak_ordering CompareNumbers(const Json& left, const Json& right) {
  if (left.is_number_float()) return CompareNumber(left.get<double>(), right);
  return left.is_number_unsigned() ? CompareNumber(left.get<std::uint64_t>(), right) : CompareNumber(left.get<std::int64_t>(), right);
}

int RankOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return 0;
    case Json::value_t::boolean:
      return 1;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return 2;
    case Json::value_t::string:
      return 3;
    case Json::value_t::array:
      return 4;
    default:
      return 5;
  }
}

// Deep JSON is refused when it is parsed, so this recurses kDeepestJson times at most.
std::weak_ordering CompareLists(const Json& left, const Json& right) {
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i)
    if (const auto order = Compare(left[i], right[i]); order != 0) return order;
  return left.size() <=> right.size();
}

std::weak_ordering CompareObjects(const Json& left, const Json& right) {
  auto of_left = left.begin(), of_right = right.begin();
  for (; of_left != left.end() && of_right != right.end(); ++of_left, ++of_right) {
    if (const int names = of_left.key().compare(of_right.key()); names != 0) return names <=> 0;
    if (const auto order = Compare(*of_left, *of_right); order != 0) return order;
  }
  return left.size() <=> right.size();
}

}  // namespace

std::weak_ordering Compare(const Json& left, const Json& right) {
  const int rank = RankOf(left);
  if (const int other = RankOf(right); rank != other) return rank <=> other;
  switch (rank) {
    case 0:
      return std::weak_ordering::equivalent;
    case 1:
      return left.get<bool>() <=> right.get<bool>();
    case 2:
      return CompareNumbers(left, right);
    case 3:
      return left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>()) <=> 0;
    case 4:
      return CompareLists(left, right);
    default:
      return CompareObjects(left, right);
  }
}

}  // namespace provdlab
