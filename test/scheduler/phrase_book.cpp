#include "scheduler/phrase_book.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <thread>
#include <vector>

using namespace holystone::scheduler;

namespace {

/// What cannot be shortened.
std::string noise(std::size_t length) {
  std::string text;
  for (; length > 0; --length)
    text += static_cast<char>(std::rand() % 256);
  return text;
}

std::string sentence(int number) {
  return fmt::format("CronJob {:016x} maintains this repository at '02 12 * * "
                     "*' (UTC), as ReplicationSource apps-{}/data-{} asks.",
                     std::rand(), number, number);
}

} // namespace

TEST_CASE("what was shortened comes back as it was") {
  std::srand(7);
  phrase_book book;
  std::vector<std::string> all{"",
                               "a",
                               "abc",
                               "abcd",
                               "abcdabcd",
                               std::string(19, 'x'),
                               std::string(5000, 'x'),
                               std::string("zero\0zero\0zero", 14),
                               noise(14),
                               noise(15),
                               noise(16),
                               noise(300),
                               noise(70'000) + "end"};
  for (const auto& text : all)
    CHECK(book.restore(book.shorten(text)) == text);
}

TEST_CASE("any text comes back, however the book has grown meanwhile") {
  std::srand(8);
  phrase_book book;
  std::vector<std::pair<std::string, std::string>> kept;
  for (auto round = 0; round < 3000; ++round) {
    std::string text;
    for (auto parts = std::rand() % 30; parts > 0; --parts) {
      auto how = std::rand() % 4;
      if (how == 0)
        text += noise(static_cast<std::size_t>(std::rand() % 20));
      else if (how == 1 || text.empty())
        text += fmt::format("phrase {} of the book", std::rand() % 50);
      else if (how == 2)
        text += std::string(static_cast<std::size_t>(std::rand() % 40), 'x');
      else
        text
            += text.substr(static_cast<std::size_t>(std::rand()) % text.size());
    }
    text.resize(std::min<std::size_t>(text.size(), 6000));
    kept.emplace_back(text, book.shorten(text));
    REQUIRE(book.restore(kept.back().second) == text);
  }
  for (const auto& [text, shortened] : kept)
    REQUIRE(book.restore(shortened) == text);
}

TEST_CASE("a text like the first takes a third, and the book is not enlarged") {
  std::srand(9);
  phrase_book book;
  auto first = book.shorten(sentence(1));
  CHECK(first.size() > 100);
  auto size = book.size();
  CHECK(size == sentence(1).size());
  for (auto i = 2; i < 10; ++i)
    CHECK(book.shorten(sentence(i)).size() * 3 < sentence(i).size());
  CHECK(book.size() == size);
}

TEST_CASE("a book takes up so much and no more") {
  std::srand(10);
  phrase_book book;
  for (auto i = 0; i < 1000; ++i)
    book.shorten(noise(100));
  CHECK(book.size() <= 400);
  for (std::size_t length = 100; length < 5000; length += 100) {
    auto text = noise(length);
    REQUIRE(book.restore(book.shorten(text)) == text);
  }
  auto huge = noise(100'000);
  CHECK(book.restore(book.shorten(huge)) == huge);
  CHECK(book.size() > 8'000);
  CHECK(book.size() <= 12 << 10);
}

TEST_CASE("a book serves several threads at once") {
  phrase_book book;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (auto i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (auto round = 0; round < 500; ++round) {
        std::string text;
        for (auto part = 0; part < 10; ++part)
          text += fmt::format("{}{}", (i + 7) * round * part, "so it is ");
        if (book.restore(book.shorten(text)) != text)
          ++wrong;
      }
    });
  for (auto& one : threads)
    one.join();
  CHECK(wrong == 0);
}
