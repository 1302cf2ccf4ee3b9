#pragma once
// Where the comments of a text stand: the model has no place for them, but a formatter that loses them is of no use. The
// parser notes them by the Place of the line that they belong to, the formatter asks for them by the same Place.
//
// A plain value; private to the parser and the formatter.

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace provdlab::scenario {

// A line of a scenario: of its header (statement -1) or of a statement, counted from 0; `index` tells lines of a kind apart.
struct Place {
  enum class Line {
    kTitle,
    kFormat,
    kAbout,
    kExclusive,
    kTier,
    kOffers,
    kProxies,
    kIds,
    kMacs,
    kPackage,
    kPhone,
    kAccount,
    kTable,
    kStatement,  // with its `answers` and `needs`, wherever they are written
    kOnlyIf,
    kQuery,
    kHeader,
    kRemovedHeader,
    kBody,
    kPad,
    kChunked,
    kRawPath,
    kAsker,
    kSend,
    kReads,
    kWithoutPush,
    kOption,
    kMode,
    kLosesBlock,
    kLosesAck,
    kRepeatsAck,
    kStopsAfter,
    kNoise,
    kInterjects,
    kDisturbed,
    kWithin,
    kCapture,
    kExpects,
    kCheck,
    kControl,
    kEnd,  // behind the last line
  };
  int statement = -1;
  Line line = Line::kStatement;
  int index = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Comment {
  std::vector<std::string> above;  // whole lines, from the #; "" is an empty line
  std::string beside;              // at the end of the line, from the #
};

using Comments = std::map<Place, Comment>;

}  // namespace provdlab::scenario
