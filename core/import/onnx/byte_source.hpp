// Bytes that are read where they are wanted: of a file larger than memory, or of a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace hwcost::onnx {

class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills `to` from `offset` on. Pre: both lie within the size. Throws InputError where that is no longer so.
  virtual void read(std::uint64_t offset, std::span<char> to) const = 0;
};

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<char> to) const override;

 private:
  std::span<const std::byte> bytes_;
};

// Read, not mapped: a file that is cut short meanwhile is an error, where a mapping would end the program.
class FileBytes final : public ByteSource {
 public:
  // Throws InputError where the file cannot be read or is no regular file.
  explicit FileBytes(const std::filesystem::path& file);
  ~FileBytes() override;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<char> to) const override;

 private:
  std::string name_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace hwcost::onnx
