#include "hwcost/description.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/toy_description.hpp"

namespace hwcost {
namespace {

using toy::edited;
using toy::message_of;

Description toy_description() { return Description::from_text(toy::kText, "toy.info", {}); }

TEST(Description, HeadFieldsAreRead) {
  const Description d = toy_description();
  EXPECT_EQ(d.name(), "toy");
  EXPECT_EQ(d.backend(), "systolic");
  EXPECT_EQ(d.backend_place(), (SourcePlace{"toy.info", 3}));
  EXPECT_EQ(d.summary(), "a systolic array that nobody has built");
  EXPECT_EQ(d.default_bits()->weight_bits, 4.0);
  EXPECT_EQ(d.default_bits()->activation_bits, 8.0);
  EXPECT_EQ(d.unmodelled().policy, Unmodelled::Policy::fallback);
  EXPECT_EQ(d.unmodelled().fallback, "other");
  EXPECT_EQ(d.unmodelled().place, (SourcePlace{"toy.info", 6}));
  EXPECT_EQ(d.formula()->text, "macs*w_bits");
  EXPECT_EQ(d.uncounted_modules(), (std::vector<std::string>{"head", "self_attention"}));
}

TEST(Description, HeadFieldsThatListsPrintHaveALargestLength) {
  EXPECT_EQ(message_of(edited("systolic\n", std::string(129, 'b') + "\n")),
            "toy.info:3: error: 'backend' has 129 bytes, more than 128");
  EXPECT_EQ(message_of(edited("a systolic array that nobody has built", std::string(401, 's'))),
            "toy.info:4: error: 'summary' has 401 bytes, more than 400");
  EXPECT_EQ(message_of(edited("a systolic array that nobody has built", std::string(400, 's'))), "no error");
}

TEST(Description, ParametersKeepTextUnitSourceKindAndPlace) {
  const Description d = toy_description();
  const Parameter& clock = d.parameters().at("clock");
  EXPECT_EQ(clock.text, "260 MHz");
  EXPECT_EQ(clock.value, 260e6);
  EXPECT_EQ(clock.source, "oscilloscope");
  EXPECT_EQ(clock.kind, Provenance::measured);
  EXPECT_EQ(clock.place, (SourcePlace{"toy.info", 14}));
  EXPECT_EQ(d.parameters().at("dram.bandwidth").kind, Provenance::published);
}

TEST(Description, ValuesAreReadInBaseUnits) {
  const auto params = read_parameters<toy::Params<>>(toy_description());
  EXPECT_EQ(params.array_rows, 16.0);
  EXPECT_EQ(params.bandwidth, 64.0);
  EXPECT_EQ(params.clock, 260e6);
}

TEST(Description, AbsentOptionalParameterKeepsItsDefault) {
  EXPECT_EQ(read_parameters<toy::Params<>>(toy_description()).setup, 5.0);
}

TEST(Description, AnyUnitOfTheDimensionIsRead) {
  EXPECT_EQ(message_of(edited("260 MHz", "0.26 GHz")), "no error");
  EXPECT_EQ(message_of(edited("8 byte/cycle", "64 bit/cycle")), "no error");
}

TEST(Description, BoundsAreInside) {
  EXPECT_EQ(message_of(edited("8 byte/cycle", "0.001 byte/cycle")), "no error");
  EXPECT_EQ(message_of(edited("260 MHz", "10000 MHz")), "no error");
}

TEST(Description, CarriageReturnsAndMissingLastNewlineDoNoHarm) {
  std::string text;
  for (const char c : toy::kText) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(message_of(text), "no error");
  text.resize(text.size() - 2);
  EXPECT_EQ(message_of(text), "no error");
}

TEST(Description, AContinuedStringIsOneValueAtItsFirstLine) {
  const std::string text = edited("\"oscilloscope\"", "\"oscillo\" \\\n  \"scope\"");
  EXPECT_EQ(Description::from_text(text, "toy.info", {}).parameters().at("clock").source, "oscilloscope");
}

TEST(Description, HashIsOfTheBytes) {
  EXPECT_EQ(Description::from_text("name a\nbackend b\n", "a.info", {}).sha256(),
            "3b8610a21f98696af602c39e56fd353d5fb1ae93893359a89a49481f6026b33b");
}

TEST(Description, EveryKindHasAName) {
  for (const char* kind : {"measured", "published", "rtl", "tool", "fitted", "guessed"}) {
    const std::string text = edited("kind    measured", "kind " + std::string(kind));
    EXPECT_EQ(to_text(Description::from_text(text, "toy.info", {}).parameters().at("clock").kind), kind);
  }
}

// One edit of the good text, and what it must be told.
struct Fault {
  const char* name;
  const char* from;
  const char* to;
  const char* message;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.to; }

class DescriptionFault : public testing::TestWithParam<Fault> {};

TEST_P(DescriptionFault, IsToldWithFileLineAndCause) {
  EXPECT_EQ(message_of(edited(GetParam().from, GetParam().to)), GetParam().message);
}

const std::vector<Fault> kHeadFaults = {
    {"NoName", "name          toy", "", "toy.info: error: 'name' is missing"},
    {"NoBackend", "backend       systolic", "", "toy.info: error: 'backend' is missing"},
    {"BadName", "name          toy", "name \"to y\"",
     "toy.info:2: error: the name 'to y' holds something else than letters, digits, '.', '_' and '-'"},
    {"EmptyValue", "backend       systolic", "backend", "toy.info:3: error: 'backend' has no value"},
    {"BlankValue", "backend       systolic", "backend \" \"", "toy.info:3: error: 'backend' has no value"},
    {"MisspeltField", "backend ", "bakend ", "toy.info:3: error: unknown key 'bakend'; did you mean 'backend'?"},
    {"UnknownField", "backend ", "colour ",
     "toy.info:3: error: unknown key 'colour'; known: name, backend, summary, inherit, default_bits, unmodelled, "
     "formula, uncounted_modules, calibration, parameter"},
    {"RepeatedField", "summary ", "backend x\nsummary ",
     "toy.info:4: error: 'backend' is given twice, first in line 3"},
    {"BlockForValue", "backend       systolic", "backend systolic { a b }",
     "toy.info:3: error: 'backend' takes a value, not a block"},
    {"UnquotedHeadValue", "\"a systolic array that nobody has built\"", "a systolic array",
     "toy.info:4: error: 'a' is read as the value of 'summary' and 'systolic' as the next key: a value with spaces "
     "must be "
     "quoted"},
    {"BadDefaultBits", "w4a8", "4x8",
     "toy.info:5: error: 'default_bits' is '4x8'; widths from 1 to 64 as in 'w4a8' are wanted"},
    {"ZeroDefaultBits", "w4a8", "w0a8",
     "toy.info:5: error: 'default_bits' is 'w0a8'; widths from 1 to 64 as in 'w4a8' are wanted"},
    {"TextBehindDefaultBits", "w4a8", "w4a8x",
     "toy.info:5: error: 'default_bits' is 'w4a8x'; widths from 1 to 64 as in 'w4a8' are wanted"},
    {"BadUnmodelled", "\"fallback other\"", "skip",
     "toy.info:6: error: 'unmodelled' is 'skip'; wanted is error, free or \"fallback NAME\""},
    {"FallbackToNobody", "\"fallback other\"", "fallback",
     "toy.info:6: error: 'unmodelled' is 'fallback'; wanted is error, free or \"fallback NAME\""},
    {"NoSuchParent", "formula ", "inherit nobody\nformula ", "toy.info:7: error: no description 'nobody' in ."},
};
INSTANTIATE_TEST_SUITE_P(Head, DescriptionFault, testing::ValuesIn(kHeadFaults),
                         [](const auto& row) { return row.param.name; });

const std::vector<Fault> kParameterFaults = {
    {"Misspelt", "clock           \"260", "layer.setpu \"260", "toy.info: error: 'clock' is missing, wanted in 'MHz'"},
    {"MisspeltRequired", "array.rows ", "array.row ",
     "toy.info: error: 'array.rows' is missing, wanted as a bare number; is 'array.row' meant by it?"},
    {"MisspeltOptional", "clock  ", "layer.setpu \"1 cycle\" { source s kind tool }\n  clock  ",
     "toy.info:14: error: 'layer.setpu' is no parameter of backend 'systolic'; did you mean 'layer.setup'?"},
    {"Unread", "clock  ", "colour 1 { source s kind tool }\n  clock  ",
     "toy.info:14: error: 'colour' is no parameter of backend 'systolic'; known: array.rows, dram.bandwidth, clock, "
     "layer.setup"},
    {"Repeated", "clock  ", "array.rows 8 { source s kind tool }\n  clock  ",
     "toy.info:14: error: 'array.rows' is given twice, first in line 12"},
    {"NoSource", "source \"made up\" ", "",
     "toy.info:12: error: 'array.rows' names no source: { source \"...\" kind ... } is wanted"},
    {"EmptySource", "\"made up\"", "\"\"",
     "toy.info:12: error: 'array.rows' names no source: { source \"...\" kind ... } is wanted"},
    {"NoKind", " kind guessed", "",
     "toy.info:12: error: 'array.rows' names no kind: measured, published, rtl, tool, fitted or guessed is wanted"},
    {"UnknownKind", "kind    measured", "kind    mesured",
     "toy.info:17: error: 'clock' has the unknown kind 'mesured'; did you mean 'measured'?"},
    {"UnknownDetail", "kind    measured", "kynd    measured",
     "toy.info:17: error: unknown key 'kynd'; did you mean 'kind'?"},
    {"RepeatedDetail", "kind    measured", "source  again",
     "toy.info:17: error: 'source' is given twice, first in line 16"},
    {"BlockForSource", "source  \"oscilloscope\"", "source \"oscilloscope\" { a b }",
     "toy.info:16: error: 'source' takes a value, not a block"},
    {"UnquotedSource", "\"made up\"", "made up",
     "toy.info:12: error: 'made' is read as the value of 'source' and 'up' as the next key: a value with spaces must "
     "be "
     "quoted"},
    {"UnquotedValue", "\"8 byte/cycle\"", "8 byte/cycle",
     "toy.info:13: error: '8' is read as the value of 'dram.bandwidth' and 'byte/cycle' as the next key: a value with "
     "spaces must be quoted"},
    {"UnquotedValues", "16              {", "16 row {",
     "toy.info:12: error: '16' is read as the value of 'array.rows' and 'row' as the next key: a value with spaces "
     "must be "
     "quoted"},
    {"NoValue", "array.rows      16", "array.rows", "toy.info:12: error: 'array.rows' has no value"},
    {"NoNumber", "16", "many", "toy.info:12: error: 'array.rows' is 'many': a decimal number is wanted, then its unit"},
    {"NotFinite", "16", "inf", "toy.info:12: error: 'array.rows' is 'inf': a decimal number is wanted, then its unit"},
    {"UnknownUnit", "byte/cycle", "bytes/cycle",
     "toy.info:13: error: 'dram.bandwidth' is '8 bytes/cycle': unknown unit 'bytes/cycle'; did you mean 'byte'?"},
    {"WrongUnit", "byte/cycle", "byte", "toy.info:13: error: 'dram.bandwidth' is '8 byte', wanted in 'byte/cycle'"},
    {"MissingUnit", "\"260 MHz\"", "260", "toy.info:14: error: 'clock' is '260', wanted in 'MHz'"},
    {"NeedlessUnit", "16", "\"16 row\"", "toy.info:12: error: 'array.rows' is '16 row', wanted as a bare number"},
    {"BelowRange", "16", "0", "toy.info:12: error: 'array.rows' is '0', outside [1, 1024]"},
    {"AboveRange", "260 MHz", "11 GHz", "toy.info:14: error: 'clock' is '11 GHz', outside [1, 10000] MHz"},
    {"Negative", "8 byte", "-8 byte",
     "toy.info:13: error: 'dram.bandwidth' is '-8 byte/cycle', outside [0.001, 1000000] byte/cycle"},
    {"BadKey", "array.rows ", "array/rows ",
     "toy.info:12: error: the parameter name 'array/rows' holds something else than letters, digits, '.', '_' and '-'"},
    {"ValueForBlock", "parameter\n", "parameter 3\n",
     "toy.info:10: error: 'parameter' takes a block, not the value '3'"},
    {"SecondBlock", "parameter\n", "parameter\n{\n}\nparameter\n",
     "toy.info:13: error: 'parameter' is given twice, first in line 10"},
};
INSTANTIATE_TEST_SUITE_P(Parameter, DescriptionFault, testing::ValuesIn(kParameterFaults),
                         [](const auto& row) { return row.param.name; });

const std::vector<Fault> kSyntaxFaults = {
    {"Include", "backend ", "#include \"/etc/passwd\"\nbackend ",
     "toy.info:3: error: directives are not allowed; `inherit` takes over another description, a comment begins with "
     "';'"},
    {"ByteOrderMark", "; a made-up", "\xef\xbb\xbf; a made-up",
     "toy.info:1: error: begins with a byte order mark; save it without"},
    {"NotUtf8", "made-up", "made\xff", "toy.info:1: error: bytes that are not UTF-8"},
    {"OverlongUtf8", "made-up", "made\xc0\x80", "toy.info:1: error: bytes that are not UTF-8"},
    {"SurrogateInUtf8", "made-up", "made\xed\xa0\x80", "toy.info:1: error: bytes that are not UTF-8"},
    {"TruncatedUtf8", "made-up machine", "made-up \xe2\x82", "toy.info:1: error: bytes that are not UTF-8"},
    {"StringWithoutEnd", "kind published", "kind \"published",
     "toy.info:13: error: a quoted string does not end on its line"},
    {"BlockWithoutEnd", "kind    measured\n  }", "kind    measured\n",
     "toy.info:11: error: the block that begins here is never closed"},
    {"BraceInWord", "guessed }", "guessed}",
     "toy.info:11: error: the block that begins here is never closed; in line 12 a space is missing before '}'"},
    {"BraceTooMany", "kind    measured\n  }", "kind    measured\n  }\n}", "toy.info:20: error: '}' closes no block"},
    {"BlockOfNothing", "name  ", "{ a b }\nname  ", "toy.info:2: error: unexpected {"},
    {"UnknownEscape", "datasheet, page", "datasheet\\q page", "toy.info:13: error: unknown escape sequence"},
    {"ControlCharacter", "datasheet, page", "datasheet\\n page",
     "toy.info:13: error: 'source' holds the control character U+000A: one line of text is wanted"},
    {"NulByEscape", "name          toy", "name \"to\\0y\"",
     "toy.info:2: error: 'name' holds the control character U+0000: one line of text is wanted"},
    {"EmptyKey", "name  ", "\"\" x\nname  ", "toy.info:2: error: a key is empty"},
    {"ContinuedBeyondTheEnd", "kind    measured\n  }\n}\n", "kind \"measured\" \\\n",
     "toy.info:17: error: the string is continued by '\\' but the file ends"},
};
INSTANTIATE_TEST_SUITE_P(Syntax, DescriptionFault, testing::ValuesIn(kSyntaxFaults),
                         [](const auto& row) { return row.param.name; });

TEST(DescriptionSyntax, NulIsNoText) {
  std::string text(toy::kText);
  text[text.find("systolic")] = '\0';
  EXPECT_EQ(message_of(text), "toy.info:3: error: a NUL byte: this is no text file");
}

TEST(DescriptionSyntax, EmptyTextIsNoDescription) { EXPECT_EQ(message_of(""), "toy.info: error: 'name' is missing"); }

TEST(DescriptionSyntax, DeepNestingIsRefusedBeforeItIsParsed) {
  std::string text = "name toy\n";
  for (int i = 0; i < 1'000'000; ++i) text += "a {";
  EXPECT_EQ(message_of(text), "toy.info:2: error: blocks are nested deeper than 64");
  // Braces that belong to words must not make the depth look smaller than the parser will see it.
  text = "name toy\n";
  for (int i = 0; i < 65; ++i) text += "a { b x} \n";
  EXPECT_EQ(message_of(text), "toy.info:66: error: blocks are nested deeper than 64");
}

TEST(DescriptionSyntax, SixtyFourLevelsAreParsed) {
  std::string text = "name toy\n";
  for (int i = 0; i < 64; ++i) text += "parameter { ";
  for (int i = 0; i < 64; ++i) text += "} ";
  EXPECT_EQ(message_of(text), "toy.info:2: error: 'parameter' has no value");
}

TEST(DescriptionSyntax, HugeTextsAreRefused) {
  EXPECT_EQ(message_of(std::string((4 << 20) + 1, ' ')), "toy.info: error: larger than 4 MiB: this is no description");
  EXPECT_EQ(message_of(std::string(4 << 20, ' ')), "toy.info: error: 'name' is missing");
  std::string words;
  for (int i = 0; i < 200'000; ++i) words += "a b\n";
  EXPECT_EQ(message_of(words), "toy.info:50001: error: more than 100000 words in one description");
}

TEST(DescriptionSyntax, MessagesAreShortAndOnOneLineWhateverTheTextHolds) {
  const std::string message = message_of("name toy\n" + std::string(10'000, 'x') + " 1\n");
  EXPECT_LT(message.size(), 300U);
  EXPECT_EQ(InputError({"a\nb.info", 3}, "found\t'\x1b[2J\r\n'").what(),
            std::string("a\\nb.info:3: error: found\\t'\\x1b[2J\\r\\n'"));
  EXPECT_EQ(InputError({}, "wrong").what(), std::string("error: wrong"));
  EXPECT_EQ(InputError({"a.info", 0}, "wrong").what(), std::string("a.info: error: wrong"));
}

}  // namespace
}  // namespace hwcost
