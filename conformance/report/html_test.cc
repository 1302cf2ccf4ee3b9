#include "conformance/report/html.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "conformance/report/mask.h"
#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

std::size_t CountOf(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

std::string Page(const RunRecord& record) {
  const auto page = HtmlReport(record);
  EXPECT_TRUE(page) << page.error().message;
  return page.value_or("");
}

TEST(HtmlReport, ShowsEveryRequirementWithTheWorstFirst) {
  const std::string page = Page(testing::RedRun());
  EXPECT_EQ(CountOf("<article ", page), 20u);
  std::size_t last = 0;
  for (const char* verdict : {"harness-error", "fail", "unanswered", "blocked", "not-run", "warn", "pass", "not-applicable"}) {
    const std::size_t at = page.find("data-verdict=\"" + std::string(verdict) + "\"");
    ASSERT_NE(at, std::string::npos) << verdict;
    EXPECT_GT(at, last) << verdict;
    last = at;
  }
}

TEST(HtmlReport, ShowsEvidenceOfAFailure) {
  RunRecord record = testing::RedRun();
  MaskSecrets(record);
  const std::string page = Page(record);
  EXPECT_NE(page.find("<dd><code class=\"got\">status 500</code></dd>"), std::string::npos);
  EXPECT_NE(page.find("<a href=\"scenarios/operations/deleting-a-monitor.scenario\">"), std::string::npos);
  EXPECT_NE(page.find("<h4>DELETE /provd/pg_mgr/install/install/3 <span class=\"quiet\">answered 500 after 1.8 ms</span></h4>"),
            std::string::npos);
  EXPECT_NE(page.find("DELETE /provd/pg_mgr/install/install/3\nHost: 127.0.0.1:8666\n"), std::string::npos);
  EXPECT_NE(page.find("<span class=\"here\">  check oip.delete-answers-204    status is 204\n</span>"), std::string::npos);
  EXPECT_NE(page.find("Of 10 exchanges of this step the first and the last are shown"), std::string::npos);
  EXPECT_NE(page.find("cut here; the body has 20000 bytes"), std::string::npos);
  EXPECT_NE(page.find("<summary>What the phones did: <code>PUT /configure/sip_password"), std::string::npos);
  EXPECT_NE(page.find("→  GET http://127.0.0.1:8667/Acme/00aa55000001.cfg\nread "), std::string::npos);
}

TEST(HtmlReport, ShowsWhatIsKnown) {
  const auto page = HtmlReport(testing::KnownRun());
  ASSERT_TRUE(page);
  EXPECT_NE(page->find("<dt>Known divergences</dt><dd>a provd of ours</dd>"), std::string::npos);
  EXPECT_NE(page->find("class=\"requirement v-not-as-known\""), std::string::npos);
  EXPECT_NE(page->find("it holds in finding/sorting.scenario, where it is listed with: 500"), std::string::npos);
}

TEST(HtmlReport, CurlLinesCanBeCopied) {
  EXPECT_NE(Page(testing::RedRun()).find(">curl -sS -i -X &apos;PUT&apos; --data-binary "), std::string::npos)
      << "as a browser shows and copies it: with plain quotes";
}

TEST(HtmlReport, NothingOfTheRecordBreaksOut) {
  const std::string page = Page(testing::RedRun());
  EXPECT_TRUE(IsUtf8(page));
  EXPECT_EQ(CountOf("<script", page), 1u) << "our own";
  EXPECT_EQ(CountOf("</script>", page), 1u);
  EXPECT_EQ(CountOf("<img", page), 0u);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("{{"), page.find("{{word}}")) << "a text that looks like a template is not one";
  EXPECT_NE(page.find("{{word}} ]]&gt; &amp; &quot;quotes&quot;"), std::string::npos);
  for (const char c : page) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  EXPECT_EQ(page.find("\u202E"), std::string::npos) << "text that runs backwards";
  EXPECT_NE(page.find("⟨U+202E⟩gnirts"), std::string::npos);
  EXPECT_NE(page.find("GET /provd HTTP/1.1⟨CR⟩\n"), std::string::npos);
  EXPECT_EQ(page.find("href=\"http"), std::string::npos) << "nothing leads out of the folder";
  EXPECT_EQ(page.find("href=\"scenarios/.."), std::string::npos);
}

TEST(HtmlReport, NeedsNothingFromElsewhere) {
  const std::string page = Page(testing::GreenRun());
  for (const char* outside : {"<link", " src=", "@import", "url(", "fetch(", "XMLHttpRequest"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(HtmlReport, ARunOfNothingIsAPageToo) {
  RunRecord record;
  record.exit_code = 3;
  record.notes = {"http://127.0.0.1:1/provd could not be reached"};
  const std::string page = Page(record);
  EXPECT_NE(page.find("<span class=\"word\">UNTESTABLE</span>"), std::string::npos);
  EXPECT_NE(page.find("could not be reached"), std::string::npos);
  EXPECT_NE(page.find("No requirement was selected."), std::string::npos);
}

TEST(HtmlReport, HasAMatrixOfResourcesByMethod) {
  const std::string page = Page(testing::RedRun());
  EXPECT_NE(page.find("<th scope=\"row\"><code>/pg_mgr/install/install/{monitor}</code></th>"), std::string::npos);
  EXPECT_NE(
      page.find(
          "title=\"2 requests, 1 of 2 checks held\"><span aria-hidden=\"true\">✗</span> <span class=\"unseen\">failed, </span>1/2</td>"),
      std::string::npos);
}

TEST(ResourceOf, NamesDocumentedResources) {
  struct Case {
    const char* target;
    const char* resource;
  };
  for (const Case& c : {Case{"/provd", "/"},
                        {"/provd?x=1", "/"},
                        {"/provd/configure", "/configure"},
                        {"/provd/configure/NAT", "/configure/{key}"},
                        {"/provd/pg_mgr/install/install", "/pg_mgr/install/install"},
                        {"/provd/pg_mgr/install/install/17", "/pg_mgr/install/install/{monitor}"},
                        {"/provd/pg_mgr/plugins/acme-1.0/install/update/1", "/pg_mgr/plugins/{id}/install/update/{monitor}"},
                        {"/provd/pg_mgr/plugins/install", "/pg_mgr/plugins/{id}"},
                        {"/provd/pg_mgr/plugins/acme/configure/x", "/pg_mgr/plugins/{id}/configure/{key}"},
                        {"/provd/cfg_mgr/configs/a/raw", "/cfg_mgr/configs/{id}/raw"},
                        {"/provd/", ""},
                        {"/provd//configure", ""},
                        {"/provd/configure/", ""},
                        {"/provd/configure/NAT/more", ""},
                        {"/provd/Configure", ""},
                        {"/provdx", ""},
                        {"/", ""},
                        {"", ""},
                        {"*", ""}}) {
    EXPECT_EQ(ResourceOf(c.target, "/provd"), c.resource) << c.target;
  }
  EXPECT_EQ(ResourceOf("/configure", ""), "/configure");
}

}  // namespace
}  // namespace provdlab::conformance
