// Writes events of an exported surrogate to a .npy file.
//
//     generate MODEL.onnx EVENTS.npy COUNT SEED [condition=value ...]

#include <fstream>
#include <iostream>

#include "surrogate.hh"

namespace {

// NumPy's format, version 1.0: a magic number, the length of a header, the header, the entries.
void write_npy(const std::string& path, const physgan::Events& events) {
  const char* kind = events.size == 1 ? "|i1"
                     : events.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT ? "<f4" : "<i4";
  std::string shape;
  for (const auto length : events.shape) shape += std::to_string(length) + ",";
  std::string header = std::string("{'descr': '") + kind +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize((header.size() + 10) / 64 * 64 + 53, ' ');  // 10 + header + newline: 64 k
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(length & 0xff));
  file.put(static_cast<char>(length >> 8));
  file << header;
  file.write(events.bytes.data(), static_cast<std::streamsize>(events.bytes.size()));
  if (!file) throw std::runtime_error("expected to write " + path);
}

}  // namespace

int main(int count, char** words) {
  if (count < 5) {
    std::cerr << "usage: generate MODEL.onnx EVENTS.npy COUNT SEED [condition=value ...]\n";
    return 2;
  }
  try {
    physgan::Surrogate surrogate(words[1]);
    physgan::Conditions conditions;
    for (int i = 5; i < count; ++i) {
      const std::string word = words[i];
      const auto sign = word.find('=');
      if (sign == std::string::npos) throw std::runtime_error("expected name=value; got " + word);
      conditions[word.substr(0, sign)] = std::stof(word.substr(sign + 1));
    }
    std::mt19937_64 random(std::stoull(words[4]));
    const auto events = surrogate.draw(conditions, std::stoul(words[3]), random);
    write_npy(words[2], events);
    std::cout << events.field << ": " << events.shape[0] << " events in " << words[2] << "\n";
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
