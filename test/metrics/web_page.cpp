#include "metrics/web_page.hpp"

#include <catch2/catch.hpp>

using namespace holystone::metrics;

TEST_CASE("the page is four files with a type each") {
  CHECK(web_page("/")->content_type == "text/html; charset=utf-8");
  CHECK(web_page("/page.css")->content_type == "text/css; charset=utf-8");
  CHECK(web_page("/door.js")->content_type == "text/javascript; charset=utf-8");
  CHECK(web_page("/page.js")->content_type == "text/javascript; charset=utf-8");
  for (auto path : {"/", "/page.css", "/door.js", "/page.js", "/openapi.json"})
    CHECK(is_web_page(path));
  CHECK_THAT(web_page("/")->body, Catch::StartsWith("<!doctype html>"));
}

TEST_CASE("nothing else is a part of the page") {
  for (auto path : {"", "//", "/index.html", "/../page.js", "/page.js/",
                    "/PAGE.JS", "page.js", "/%70age.js"}) {
    INFO(path);
    CHECK_FALSE(web_page(path));
    CHECK_FALSE(is_web_page(path));
  }
}

TEST_CASE("the page may load itself only, and does not ask for more") {
  auto page = *web_page("/");
  auto policy = page.headers.find("Content-Security-Policy").value_or("");
  CHECK_THAT(std::string{policy}, Catch::Contains("default-src 'none'"));
  CHECK_THAT(std::string{policy}, !Catch::Contains("unsafe"));
  CHECK(page.headers.find("X-Content-Type-Options") == "nosniff");
  // What the policy would refuse is not there in the first place.
  for (auto path : {"/", "/page.css", "/door.js", "/page.js"}) {
    INFO(path);
    auto text = web_page(path)->body;
    for (auto word : {"https://", "url(", "@import", "<style",
                      " style=", " onclick", "innerHTML", "eval("})
      CHECK_THAT(text, !Catch::Contains(word));
    // Where a token would stay.
    for (auto word : {"Storage", "cookie", "indexedDB"})
      CHECK_THAT(text, !Catch::Contains(word));
  }
}
