#include "accuracy_output.hpp"
#include "csv_text.hpp"

namespace hwcost::command {

std::string accuracy_csv(const Comparison& comparison) {
  CsvText csv;
  const std::string metric(name(comparison.metric));
  for (const std::string& column :
       {std::string("layer"), std::string("op"), std::string("kind"), std::string("pairing"), std::string("remark"),
        std::string("repeat"), std::string("macs"), "predicted_" + metric, "measured_" + metric, std::string("error"),
        std::string("bottleneck"), std::string("compute_share"), std::string("exposed_memory_share"),
        std::string("overhead_share"), std::string("origin")})
    csv.add(column);
  csv.end_line();
  for (const ComparedLayer& layer : comparison.layers) {
    for (const std::string_view text :
         {std::string_view(layer.name), std::string_view(layer.op), std::string_view(layer.kind),
          to_text(layer.pairing), std::string_view(layer.remark)})
      csv.add(text);
    csv.add(layer.repeat);
    csv.add(layer.macs);
    csv.add(layer.predicted);
    csv.add(layer.measured);
    csv.add(layer.pairing == Pairing::compared ? std::optional(layer.error()) : std::nullopt);
    csv.add(layer.bottleneck);
    const auto share = [&](double CauseShares::*cause) {
      csv.add(layer.causes ? std::optional(*layer.causes.*cause) : std::nullopt);
    };
    share(&CauseShares::compute);
    share(&CauseShares::exposed_memory);
    share(&CauseShares::overhead);
    csv.add(layer.origin);
    csv.end_line();
  }
  return std::move(csv).take();
}

}  // namespace hwcost::command
