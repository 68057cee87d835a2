// Layer tables: what their columns mean, and the located error for each way to get one wrong.
#include <gtest/gtest.h>

#include <fstream>
#include <ostream>
#include <string>

#include "hwcost/import/table.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

LayerTable read(const std::string& text) { return read_layer_table(text, "net.csv"); }

Layer only_layer(const std::string& text) {
  const LayerTable table = read(text);
  EXPECT_EQ(table.graph.nodes.size(), 1U);
  return table.graph.nodes.at(0).layer;
}

template <class D>
D dims_of(const std::string& header, const std::string& row) {
  return std::get<D>(only_layer(header + "\n" + row + "\n").dims);
}

// The message for a table that cannot be read.
std::string fault_in(const std::string& text) {
  try {
    static_cast<void>(read(text));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(LayerTable, GivesOneLayerARow) {
  const LayerTable table = read(
      "name,op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,pad_h,pad_w,stride_h,bias\n"
      "body.0.conv,conv2d,3,16,32,32,3,3,1,1,2,1\n"
      ",linear,16,10,,,,,,,,\n");
  ASSERT_EQ(table.graph.nodes.size(), 2U);
  EXPECT_TRUE(table.graph.tensors.empty());
  const Layer& conv = table.graph.nodes[0].layer;
  EXPECT_EQ(conv.name, "body.0.conv");
  EXPECT_EQ(conv.module, "body.0");
  const auto& dims = std::get<Convolution<>>(conv.dims);
  EXPECT_EQ(dims.out_height, 16);
  EXPECT_EQ(dims.out_width, 32);
  EXPECT_EQ(dims.pad_bottom, 1);
  EXPECT_EQ(dims.bias, 1);
  EXPECT_EQ(table.graph.nodes[1].layer.name, "2");
  EXPECT_EQ(table.graph.nodes[1].layer.module, "");
  EXPECT_EQ(table.rows[0].line, 2);
  EXPECT_EQ(table.rows[1].line, 3);
}

TEST(LayerTable, SingleSidesOfPaddingOverrideTheSymmetricOne) {
  const auto dims = dims_of<Convolution<>>(
      "op,in_channels,out_channels,in_d,in_h,in_w,kernel_d,kernel_h,kernel_w,pad_d,pad_h,pad_w,pad_front,pad_back,"
      "pad_top,pad_left,pad_bottom,pad_right",
      "conv3d,1,1,8,8,8,3,3,3,1,1,1,0,,,2,0,0");
  EXPECT_EQ(dims.pad_front, 0);
  EXPECT_EQ(dims.pad_back, 1);
  EXPECT_EQ(dims.pad_top, 1);
  EXPECT_EQ(dims.pad_bottom, 0);
  EXPECT_EQ(dims.pad_left, 2);
  EXPECT_EQ(dims.pad_right, 0);
  EXPECT_EQ(dims.out_depth, 7);
  EXPECT_EQ(dims.out_height, 7);
  EXPECT_EQ(dims.out_width, 8);
}

TEST(LayerTable, OneDimensionalConvolutionUsesTheWidth) {
  const auto dims = dims_of<Convolution<>>("op,in_channels,out_channels,in_w,kernel_w,dilation_w", "conv1d,2,4,20,3,4");
  EXPECT_EQ(dims.in_height, 1);
  EXPECT_EQ(dims.out_width, 12);
}

TEST(LayerTable, TransposedConvolutionMayStateALargerOutput) {
  const std::string header = "op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,stride_h,stride_w,out_h";
  EXPECT_EQ(dims_of<Convolution<>>(header, "conv_transpose2d,4,4,5,5,3,3,2,2,").out_height, 11);
  EXPECT_EQ(dims_of<Convolution<>>(header, "conv_transpose2d,4,4,5,5,3,3,2,2,12").out_height, 12);
}

TEST(LayerTable, LinearLayersReadTokens) {
  const auto dims = dims_of<Linear<>>("op,batch,in_channels,out_channels,in_h,in_w,bias", "linear,2,768,3072,14,14,1");
  EXPECT_EQ(dims.batch, 2);
  EXPECT_EQ(dims.tokens, 196);
  EXPECT_EQ(dims.bias, 1);
}

TEST(LayerTable, MatmulMultipliesRowsByColumns) {
  const auto dims = dims_of<MatMul<>>("op,batch,in_channels,out_channels,in_h,in_w", "matmul,12,64,197,196,1");
  EXPECT_EQ(dims.batch, 12);
  EXPECT_EQ(dims.rows, 196);
  EXPECT_EQ(dims.depth, 64);
  EXPECT_EQ(dims.columns, 197);
}

TEST(LayerTable, PoolsFollowTheirWindow) {
  const std::string header = "op,in_channels,in_h,in_w,kernel_h,kernel_w,stride_h,stride_w,pad_h,pad_w,out_h,out_w";
  const auto window = dims_of<Pooling<>>(header, "max_pool,64,112,112,3,3,2,2,1,1,,56");
  EXPECT_EQ(window.out_height, 56);
  EXPECT_EQ(window.kernel_height, 3);
  const auto global = dims_of<Pooling<>>(header, "global_avg_pool,64,7,5,,,,,,,,");
  EXPECT_EQ(global.kernel_height, 7);
  EXPECT_EQ(global.kernel_width, 5);
  EXPECT_EQ(global.out_width, 1);
  const auto adaptive = dims_of<Pooling<>>(header, "adaptive_avg_pool,64,10,10,,,,,,,7,7");
  EXPECT_EQ(adaptive.kernel_height, 2);
  EXPECT_EQ(adaptive.out_height, 7);
}

TEST(LayerTable, ElementwiseOperatorsReadTheirOperands) {
  const std::string header = "op,batch,in_channels,in_h,in_w";
  const auto sum = dims_of<Elementwise<>>(header, "add,2,16,8,8");
  EXPECT_EQ(sum.elements, 2048);
  EXPECT_EQ(sum.input_elements, 4096);
  EXPECT_EQ(sum.operands, 2);
  EXPECT_EQ(dims_of<Elementwise<>>(header, "where,1,16,8,8").operands, 3);
  EXPECT_EQ(dims_of<Elementwise<>>(header, "relu,1,16,8,8").input_elements, 1024);
  EXPECT_EQ(dims_of<Elementwise<>>(header, "prelu,1,16,8,8").parameters, 16);
}

TEST(LayerTable, OtherFamiliesAreDocumentedMappings) {
  const std::string header = "op,batch,in_channels,out_channels,in_h,in_w,groups,bias";
  const auto norm = dims_of<Normalization<>>(header, "batch_norm,2,16,,8,8,,");
  EXPECT_EQ(norm.parameters, 32);
  EXPECT_EQ(norm.buffers, 32);
  EXPECT_EQ(norm.elements, 2048);
  EXPECT_EQ(dims_of<Normalization<>>(header, "layer_norm,1,768,,197,,,").buffers, 0);
  EXPECT_EQ(dims_of<Normalization<>>(header, "rms_norm,1,768,,197,,,").parameters, 768);
  EXPECT_EQ(dims_of<Softmax<>>(header, "softmax,12,197,,197,,,").rows, 2364);
  EXPECT_EQ(dims_of<Softmax<>>(header, "softmax,12,197,,197,,,").length, 197);
  const auto table = dims_of<Lookup<>>(header, "embedding,2,30522,768,128,,,");
  EXPECT_EQ(table.lookups, 256);
  EXPECT_EQ(table.row_elements, 768);
  EXPECT_EQ(table.table_rows, 30522);
  EXPECT_EQ(table.owned, 1);
  EXPECT_EQ(dims_of<Lookup<>>(header, "gather,1,10,4,2,,,").owned, 0);
  EXPECT_EQ(dims_of<Reduction<>>(header, "reduce_mean,2,16,,8,8,,").out_elements, 32);
  EXPECT_EQ(dims_of<Reduction<>>(header, "cumulative_sum,2,16,,8,8,,").out_elements, 2048);
  EXPECT_EQ(dims_of<Movement<>>(header, "concat,1,16,,8,8,,").out_elements, 1024);
  EXPECT_EQ(dims_of<Movement<>>(header, "slice,1,16,4,8,8,,").out_elements, 256);
  EXPECT_EQ(dims_of<Movement<>>(header, "constant,1,16,,,,,").in_elements, 0);
  const auto lstm = dims_of<Recurrent<>>(header, "lstm,1,128,256,,50,,2");
  EXPECT_EQ(lstm.steps, 50);
  EXPECT_EQ(lstm.input_size, 128);
  EXPECT_EQ(lstm.hidden_size, 256);
  EXPECT_EQ(lstm.bias, 2);
  const auto attention = dims_of<Attention<>>(header, "attention,1,768,,197,,12,");
  EXPECT_EQ(attention.heads, 12);
  EXPECT_EQ(attention.head_size, 64);
  EXPECT_EQ(attention.key_length, 197);
}

TEST(LayerTable, EveryOperatorButTwoHasAForm) {
  for (const OpInfo& op : kOps) {
    const std::string text = "op,in_channels,out_channels\n" + std::string(op.name) + ",4,4\n";
    if (op.op == Op::custom || op.op == Op::top_k) {
      EXPECT_NE(fault_in(text).find("has no form in layer tables"), std::string::npos) << op.name;
    } else {
      EXPECT_EQ(only_layer(text).op, op.op);
    }
  }
}

TEST(LayerTable, ReadsWidthsAsNumbersKindsHistogramsAndLists) {
  const std::string header =
      "op,in_channels,out_channels,in_bits,w_bits,out_bits,requant_scale_bits,requant_shift,repeat\n";
  const Layer plain = only_layer(header + "linear,4,4,f16,bf16,f32,,,\n");
  EXPECT_EQ(to_text(plain.precision.input), "f16");
  EXPECT_EQ(to_text(plain.precision.weight.uniform), "bf16");
  EXPECT_EQ(to_text(plain.precision.output), "f32");
  EXPECT_EQ(plain.precision.requantization, std::nullopt);
  const Layer histogram = only_layer(header + "linear,4,64,8,8:44|0:4|4:0|2:16,8,32,1,3\n");
  EXPECT_EQ(histogram.precision.weight.groups, (std::vector<ChannelGroup>{{0, 4}, {2, 16}, {8, 44}}));
  EXPECT_EQ(histogram.precision.requantization, (Requantization{32, 1}));
  EXPECT_EQ(histogram.repeat, 3);
  const Layer list = only_layer(header + "linear,4,4,8,\"8,8,0,4\",8,,,\n");
  EXPECT_EQ(list.precision.weight.by_channel, (std::vector<double>{8, 8, 0, 4}));
  EXPECT_EQ(list.precision.weight.groups, (std::vector<ChannelGroup>{{0, 1}, {4, 1}, {8, 2}}));
}

TEST(LayerTable, KeepsFiguresBesideTheirRow) {
  const LayerTable table = read(
      "op,in_channels,out_channels,expected_macs,expected_latency_cycles,expected_status,measured_latency_seconds,x_"
      "isa\n"
      "linear,4,4,16,,priced,1.5e-6,AVX2\n"
      "linear,4,4,,,unsupported,,\n");
  ASSERT_EQ(table.rows[0].expected.size(), 1U);
  EXPECT_EQ(table.rows[0].expected[0].metric, "macs");
  EXPECT_EQ(table.rows[0].expected[0].value, 16);
  EXPECT_EQ(table.rows[0].expected_status, "priced");
  ASSERT_EQ(table.rows[0].measured.size(), 1U);
  EXPECT_EQ(table.rows[0].measured[0].value, 1.5e-6);
  EXPECT_EQ(table.rows[0].extra.at("isa"), "AVX2");
  EXPECT_TRUE(table.rows[1].expected.empty());
  EXPECT_TRUE(table.rows[1].extra.empty());
}

TEST(LayerTable, ReadsEveryUsualFormOfCsv) {
  const std::string rows = "name,op,in_channels,out_channels\na,linear,4,5\n";
  const Layer plain = only_layer(rows);
  std::string with_carriage_returns;
  for (const char c : rows) with_carriage_returns += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(only_layer(with_carriage_returns), plain);
  EXPECT_EQ(only_layer("\xEF\xBB\xBF" + rows), plain);
  EXPECT_EQ(only_layer("\n\n" + rows + "\n  \n\n"), plain);
  EXPECT_EQ(only_layer(rows.substr(0, rows.size() - 1)), plain);
  EXPECT_EQ(only_layer("name, op ,in_channels,\"out_channels\"\n\"a\" , linear,\"4\", 5\n"), plain);
  EXPECT_EQ(only_layer("op,in_channels,out_channels,name\nlinear,4,5,a\n"), plain);
  EXPECT_EQ(only_layer("name,op,in_channels,out_channels\n\"say \"\"a\"\", b\",linear,4,5\n").name, "say \"a\", b");
}

TEST(LayerTable, LinesCountThroughQuotedLineEnds) {
  EXPECT_EQ(fault_in("x_note,op,in_channels,out_channels\n\"a\nb\",linear,4,5\nc,linear,x,5\n"),
            "net.csv:4: error: column 'in_channels': 'x' is no number");
}

TEST(LayerTable, ThirtyThousandRowsAreReadInOrder) {
  std::string text = "name,op,in_channels,out_channels,in_h,in_w,kernel_h,kernel_w,w_bits\n";
  for (int i = 0; i < 30000; ++i) text += "layer" + std::to_string(i) + ",conv2d,16,32,14,14,3,3,0:4|8:28\n";
  const LayerTable table = read(text);
  ASSERT_EQ(table.graph.nodes.size(), 30000U);
  EXPECT_EQ(table.graph.nodes.back().layer.name, "layer29999");
  EXPECT_EQ(table.rows.back().line, 30001);
}

TEST(LayerTable, IsReadFromAFileAndNamedAfterIt) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tiny.csv", "op,in_channels,out_channels\nlinear,4,5\n");
  const LayerTable table = read_layer_table(std::filesystem::path(file));
  EXPECT_EQ(table.graph.name, "tiny");
  EXPECT_EQ(table.graph.file, file);
}

TEST(LayerTable, ThatCannotBeOpenedIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THROW(static_cast<void>(read_layer_table(folder.path() / "absent.csv")), InputError);
  EXPECT_THROW(static_cast<void>(read_layer_table(folder.path())), InputError);
}

struct Fault {
  std::string name;
  std::string text;
  std::string message;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FaultyTable : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyTable, IsToldWithPlaceAndNumbers) { EXPECT_EQ(fault_in(GetParam().text), GetParam().message); }

const auto kName = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Text, FaultyTable,
    ::testing::Values(
        Fault{"Empty", "", "net.csv: error: is empty: wanted a header row and rows below it"},
        Fault{"BlankLinesAlone", "\n \n\r\n", "net.csv: error: is empty: wanted a header row and rows below it"},
        Fault{"NoRows", "op,in_channels\n\n", "net.csv: error: has a header row but no layers below it"},
        Fault{"Nul", std::string("op\nre\0lu\n", 9), "net.csv:2: error: a NUL byte: this is no CSV text"},
        Fault{"OpenQuote", "op\n\"relu\n", "net.csv:2: error: a quoted cell of this record has no closing quote"},
        Fault{"StrayQuote", "op\nre\"lu\n", "net.csv:2: error: a quote inside a cell that does not begin with one"},
        Fault{"BehindAQuote", "op\n\"re\"lu\n",
              "net.csv:2: error: text behind a quoted cell, where a comma or the line's end belongs"},
        Fault{"LoneCarriageReturn", "op\rrelu\n", "net.csv:1: error: a carriage return without a line feed behind it"},
        Fault{"TooFewCells", "op,in_h\nrelu,3\nrelu\n", "net.csv:3: error: 1 cells where the header has 2"},
        Fault{"TooManyCells", "op,in_h\nrelu,3,4\n", "net.csv:2: error: 3 cells where the header has 2"}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Header, FaultyTable,
    ::testing::Values(
        Fault{"UnknownColumn", "op,kernal_h\nrelu,3\n",
              "net.csv:1: error: unknown column 'kernal_h'; did you mean 'kernel_h'?"},
        Fault{"RepeatedColumn", "op,in_h,in_h\nrelu,3,3\n", "net.csv:1: error: column 'in_h' is there twice"},
        Fault{"NamelessColumn", "op,\nrelu,\n", "net.csv:1: error: column 2 of the header has no name"},
        Fault{"NoOpColumn", "name,in_h\na,3\n", "net.csv:1: error: no column 'op', which every table needs"},
        Fault{"UnknownExpectedMetric", "op,expected_latency_cycle\nrelu,3\n",
              "net.csv:1: error: column 'expected_latency_cycle': unknown metric 'latency_cycle'; did you mean "
              "'latency_cycles'?"},
        Fault{"UnknownMeasuredMetric", "op,measured_status\nrelu,3\n",
              "net.csv:1: error: column 'measured_status': unknown metric 'status'"}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Cells, FaultyTable,
    ::testing::Values(
        Fault{"NoNumber", "op,in_h\nrelu,x\n", "net.csv:2: error: column 'in_h': 'x' is no number"},
        Fault{"NumberAndMore", "op,in_h\nrelu,3px\n", "net.csv:2: error: column 'in_h': '3px' is no number"},
        Fault{"Hexadecimal", "op,in_h\nrelu,0x10\n", "net.csv:2: error: column 'in_h': '0x10' is no number"},
        Fault{"Infinite", "op,in_h\nrelu,inf\n", "net.csv:2: error: column 'in_h': 'inf' is no number"},
        Fault{"NotANumber", "op,expected_macs\nrelu,nan\n",
              "net.csv:2: error: column 'expected_macs': 'nan' is no number"},
        Fault{"Overflowing", "op,in_h\nrelu,1e999\n", "net.csv:2: error: column 'in_h': '1e999' is no number"},
        Fault{"Negative", "op,in_h\nrelu,-3\n", "net.csv:2: error: column 'in_h': -3 is negative"},
        Fault{"Fraction", "op,in_h\nrelu,2.5\n", "net.csv:2: error: column 'in_h': 2.5 is no whole number"},
        Fault{"TooLarge", "op,in_h\nrelu,1e16\n",
              "net.csv:2: error: column 'in_h': 1e16 exceeds 2^53, up to which counts are exact"},
        Fault{"NextBehindTheLargest", "op,in_h\nrelu,9007199254740993\n",
              "net.csv:2: error: column 'in_h': 9007199254740993 exceeds 2^53, up to which counts are exact"},
        Fault{"NextBehindTheLargestInAHistogram", "op,in_channels,out_channels,w_bits\nlinear,1,1,8:9007199254740993\n",
              "net.csv:2: error: column 'w_bits': 9007199254740993 exceeds 2^53, up to which counts are exact"},
        Fault{"LongName", "name,op\n" + std::string(4097, 'n') + ",relu\n",
              "net.csv:2: error: column 'name': has 4097 characters, more than 4096"},
        Fault{"DeepModule", "name,op\n" + std::string(65, '.') + ",relu\n",
              "net.csv:2: error: column 'name': its module has 65 segments, more than 64"},
        Fault{"ControlInName", "name,op,in_channels\na\xC2\x9B[2Jb,relu,4\n",
              "net.csv:2: error: column 'name': holds the control character U+009B"},
        Fault{"BytesInName", "name,op,in_channels\na\xFF,relu,4\n",
              "net.csv:2: error: column 'name': holds bytes that are not UTF-8"},
        Fault{"Zero", "op,in_h\nrelu,0\n", "net.csv:2: error: column 'in_h': is 0, wanted at least 1"},
        Fault{"ControlCharacters", "op,in_h\nrelu,\"1\n2\"\n", "net.csv:2: error: column 'in_h': '1\\n2' is no number"},
        Fault{"UnknownOperator", "op\nconv2\n",
              "net.csv:2: error: column 'op': unknown operator 'conv2'; did you mean 'conv2d'?"},
        Fault{"NoOperator", "op,in_h\n,3\n", "net.csv:2: error: column 'op': is empty, and every layer needs one"},
        Fault{"Status", "op,expected_status\nrelu,ok\n",
              "net.csv:2: error: column 'expected_status': 'ok' is no status: wanted priced, approximated or "
              "unsupported"},
        Fault{"Width", "op,in_bits\nrelu,f7\n",
              "net.csv:2: error: column 'in_bits': 'f7' is no width: wanted 1 to 64 bits, or one of f4, f8, f16, bf16, "
              "f32, f64"},
        Fault{"NoInputBits", "op,in_bits\nrelu,0\n",
              "net.csv:2: error: column 'in_bits': '0' is no width: wanted 1 to 64 bits, or one of f4, f8, f16, bf16, "
              "f32, "
              "f64"},
        Fault{"NoOutputBits", "op,out_bits\nrelu,0\n",
              "net.csv:2: error: column 'out_bits': '0' is no width: wanted 1 to 64 bits, or one of f4, f8, f16, bf16, "
              "f32, f64"},
        Fault{"PrunedRecurrentLayer", "op,in_channels,out_channels,w_bits\nlstm,4,4,0\n",
              "net.csv:2: error: layer '1': weight bits of lstm are 0: its channels cannot be taken out"},
        Fault{"PrunedEmbedding", "op,in_channels,out_channels,w_bits\nembedding,4,4,0\n",
              "net.csv:2: error: layer '1': weight bits of embedding are 0: its channels cannot be taken out"},
        Fault{"UnevenGroups", "op,in_channels,out_channels,groups,w_bits\nconv2d,4,4,2,\"0,0,8,8\"\n",
              "net.csv:2: error: layer '1': group 2 of 2 has channels of other widths than group 1: widths spread "
              "evenly over groups"},
        Fault{
            "HistogramPart", "op,in_channels,out_channels,w_bits\nlinear,4,4,0:2|8\n",
            "net.csv:2: error: column 'w_bits': '8' is no part of a histogram: wanted width:channels, as in 0:4|8:60"},
        Fault{"HistogramTwice", "op,in_channels,out_channels,w_bits\nlinear,4,4,8:2|8:2\n",
              "net.csv:2: error: column 'w_bits': width 8 is given twice"},
        Fault{"HistogramSum", "op,in_channels,out_channels,w_bits\nlinear,4,4,0:2|8:3\n",
              "net.csv:2: error: layer '1': channels of all widths add up to 5, not to out_channels 4"},
        Fault{"HistogramOfFloats", "op,in_channels,out_channels,w_bits\nlinear,4,4,f16:4\n",
              "net.csv:2: error: column 'w_bits': 'f16' is a float: only integer widths differ between channels"},
        Fault{"ListTooShort", "op,in_channels,out_channels,w_bits\nlinear,4,4,\"8,8,0\"\n",
              "net.csv:2: error: layer '1': channels of all widths add up to 3, not to out_channels 4"}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Meaning, FaultyTable,
    ::testing::Values(
        Fault{"MissingColumn", "op,in_channels\nconv2d,3\n",
              "net.csv:2: error: column 'out_channels': missing, and conv2d needs it"},
        Fault{"MissingCell", "op,in_channels,out_channels\nlinear,,3\n",
              "net.csv:2: error: column 'in_channels': missing, and linear needs it"},
        Fault{"UnusedColumn", "op,in_channels,out_channels,kernel_h\nlinear,4,4,3\n",
              "net.csv:2: error: column 'kernel_h': is 3, but linear has none: wanted 1 or an empty cell"},
        Fault{"WrongOutput", "op,in_channels,out_channels,in_h,out_h\nconv2d,4,4,8,7\n",
              "net.csv:2: error: column 'out_h': is 7, but the other columns give 8"},
        Fault{"ChangedChannels", "op,in_channels,out_channels\nrelu,4,8\n",
              "net.csv:2: error: column 'out_channels': is 8, but the other columns give 4"},
        Fault{"MatmulWidth", "op,in_channels,out_channels,in_w\nmatmul,4,8,2\n",
              "net.csv:2: error: column 'in_w': is 2, but matmul has none: wanted 1 or an empty cell"},
        Fault{"PoolBeyondInput", "op,in_channels,in_h,kernel_h\nmax_pool,4,2,3\n",
              "net.csv:2: error: column 'kernel_h': the window covers 3, more than the input 2 and its padding 0"},
        Fault{"ConvolutionBeyondInput", "name,op,in_channels,out_channels,kernel_h\nc,conv2d,4,4,3\n",
              "net.csv:2: error: layer 'c': kernel_height 3 with dilation_height 1 covers 3, more than in_height 1 and "
              "its "
              "padding 0"},
        Fault{"ZeroStride", "op,in_channels,out_channels,in_h,stride_h\nconv2d,4,4,8,0\n",
              "net.csv:2: error: column 'stride_h': is 0, wanted at least 1"},
        Fault{"ZeroStridePool", "op,in_channels,in_h,stride_h\nmax_pool,4,8,0\n",
              "net.csv:2: error: column 'stride_h': is 0, wanted at least 1"},
        Fault{"ViewChangesSize", "op,in_channels,out_channels\nreshape,4,8\n",
              "net.csv:2: error: column 'out_channels': reshape keeps all 4 elements, but out_* columns give 8"},
        Fault{"HeadsDoNotDivide", "op,in_channels,groups\nattention,64,12\n",
              "net.csv:2: error: column 'in_channels': 64 does not divide by groups 12 (heads)"},
        Fault{
            "HalfARequantisation", "op,requant_shift\nrelu,1\n",
            "net.csv:2: error: column 'requant_scale_bits': missing: requant_scale_bits and requant_shift go together"},
        Fault{"NoForm", "op\ncustom\n",
              "net.csv:2: error: column 'op': custom has no form in layer tables: give the network as ONNX or as the "
              "IR's "
              "JSON"},
        Fault{
            "Overflow", "op,in_channels,out_channels,batch\nlinear,100000000,100000000,1000000\n",
            "net.csv:2: error: layer '1': MACs of linear are 1e+22 in 1 runs, more than the 2^53 that counts are exact "
            "to"}),
    kName);

}  // namespace
}  // namespace hwcost
