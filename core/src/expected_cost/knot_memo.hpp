// Costs at knots that were asked for before, up to a bound. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace hwcost {

class KnotMemo {
 public:
  static constexpr std::size_t kMostNumbers = 14;
  using Key = std::array<std::uint32_t, kMostNumbers>;  // unused numbers are 0

  // `figures`: doubles a key, at most; `most_keys`: kept altogether.
  KnotMemo(std::size_t figures, std::size_t most_keys) : figures_(figures), most_keys_a_shard_(most_keys / kShards) {}

  // Writes what was put under the key; false where it is not known.
  bool get(const Key& key, std::span<double> to) const {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto it = shard.index.find(key);
    if (it == shard.index.end()) return false;
    const double* from = &shard.figures[it->second * figures_];
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i];
    return true;
  }

  // A part that is full is emptied before.
  void put(const Key& key, std::span<const double> from) const {
    if (most_keys_a_shard_ == 0) return;
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    if (shard.index.size() >= most_keys_a_shard_) {
      shard.index.clear();
      shard.figures.clear();
    }
    const auto [it, is_new] = shard.index.emplace(key, shard.index.size());
    if (!is_new) return;
    shard.figures.resize(shard.index.size() * figures_);
    for (std::size_t i = 0; i < from.size(); ++i) shard.figures[it->second * figures_ + i] = from[i];
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct Hash {
    std::size_t operator()(const Key& key) const {
      std::uint64_t hash = 0;
      for (std::size_t i = 0; i < key.size(); i += 2) {
        const std::uint64_t pair = (std::uint64_t{key[i]} << 32) | key[i + 1];
        hash = ((hash << 23 | hash >> 41) ^ pair) * 0x9E3779B97F4A7C15u;
      }
      return hash ^ hash >> 32;
    }
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, std::size_t, Hash> index;
    std::vector<double> figures;
  };
  Shard& shard_of(const Key& key) const { return shards_[(Hash()(key) >> 7) % kShards]; }

  std::size_t figures_;
  std::size_t most_keys_a_shard_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace hwcost
