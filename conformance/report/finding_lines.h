#pragma once
// A finding's evidence in lines for a terminal: rule, what blocked it, expected and got, where, and how to replay it.
//
//   PrintEvidence(finding, record, "report", screen);
//
// Pure but for the screen; any thread that owns it.

#include <string>

#include "conformance/report/record.h"
#include "conformance/report/screen.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {

const char* StyleOf(Verdict verdict);  // for Screen::Paint

// `folder`: where the record's reports are, so that the replay line names a file that is there; empty leaves that line out.
void PrintEvidence(const Finding& finding, const RunRecord& record, const std::string& folder, Screen& screen);

}  // namespace provdlab::conformance
