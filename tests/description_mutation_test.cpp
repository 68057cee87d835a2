// Damaged descriptions: whatever the text, the outcome is a description or one located line.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "support/toy_description.hpp"

namespace hwcost {
namespace {

constexpr std::string_view kFile = "toy.info";

void expect_description_or_located_error(const std::string& text) {
  const std::string message = toy::message_of(text);
  if (message == "no error") return;
  EXPECT_TRUE(message.starts_with(std::string(kFile) + ":")) << message;
  EXPECT_NE(message.find(": error: "), std::string::npos) << message;
  for (const char c : message) {
    ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << message;
  }
  EXPECT_LT(message.size(), 600U) << message;
}

TEST(DamagedDescription, CutAnywhereIsToldOrRead) {
  for (std::size_t length = 0; length <= toy::kText.size(); ++length) {
    expect_description_or_located_error(std::string(toy::kText.substr(0, length)));
  }
}

TEST(DamagedDescription, WithoutAnyOneCharacterIsToldOrRead) {
  for (std::size_t at = 0; at < toy::kText.size(); ++at) {
    expect_description_or_located_error(std::string(toy::kText).erase(at, 1));
  }
}

TEST(DamagedDescription, WithAnyByteAnywhereIsToldOrRead) {
  for (std::size_t at = 0; at < toy::kText.size(); at += 3) {
    for (const char byte : std::string_view("\0\1\n\r\"#;{}\\ -9\x7f\x80\xc3\xff", 17)) {
      std::string text(toy::kText);
      text[at] = byte;
      expect_description_or_located_error(text);
    }
  }
}

TEST(DamagedDescription, ManyTimesMutatedIsToldOrRead) {
  // Pieces that mean something to the reader, put where they do not belong.
  const std::vector<std::string> pieces{"{",
                                        "}",
                                        "\"",
                                        "\\",
                                        "\n",
                                        ";",
                                        "#include \"x\"",
                                        "name",
                                        "backend",
                                        "inherit",
                                        "source",
                                        "parameter",
                                        "kind",
                                        "1e999 MHz",
                                        "\\0",
                                        "\\x",
                                        "\" \\\n",
                                        "\"\"",
                                        "-1",
                                        "nan",
                                        "byte/cycle",
                                        "\xff",
                                        "\xef\xbb\xbf",
                                        "inherit toy",
                                        "unmodelled free",
                                        "w64a64",
                                        std::string(300, 'y')};
  std::mt19937 random(20240531);  // NOLINT: the same texts in every run
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 4000; ++round) {
    std::string text(toy::kText);
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.insert(at, pieces[below(pieces.size())]);
          break;
        case 1:
          text.erase(at, 1 + below(12));
          break;
        case 2:
          text.insert(at, text.substr(below(text.size() + 1), below(60)));
          break;
        default:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
      }
    }
    expect_description_or_located_error(text);
    if (HasFatalFailure()) return;
  }
}

TEST(DamagedDescription, RandomBytesAreToldOrRead) {
  std::mt19937 random(7);  // NOLINT: the same texts in every run
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t length = random() % 200; length > 0; --length) {
      text +=
          static_cast<char>(round % 2 == 0 ? random() % 256 : static_cast<unsigned>("{}\"\\;#\n ab1."[random() % 12]));
    }
    expect_description_or_located_error(text);
  }
}

}  // namespace
}  // namespace hwcost
