// Draws events from a model that `physgan export RUN --onnx` wrote.
//
// The model maps uniform noise and conditions in physical units to samples in physical units. If it
// has the output "acceptance", that is the probability with which a draw is to be kept.

#pragma once

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace physgan {

using Conditions = std::map<std::string, float>;

// Events of one field, in the model's type (float32, int32 or int8), event after event.
struct Events {
  std::string field;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::size_t size = 0;         // bytes of an entry
  std::vector<int64_t> shape;   // count, then the axes of a sample
  std::vector<char> bytes;

  const float* floats() const {
    if (type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) throw std::runtime_error("expected float32");
    return reinterpret_cast<const float*>(bytes.data());
  }
};

class Surrogate {
 public:
  explicit Surrogate(const std::string& path, int threads = 1)
      : environment_(ORT_LOGGING_LEVEL_WARNING, "physgan"),
        session_(environment_, path.c_str(), options(threads)) {
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i)
      inputs_.push_back(session_.GetInputNameAllocated(i, allocator).get());
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i)
      outputs_.push_back(session_.GetOutputNameAllocated(i, allocator).get());
    if (inputs_.empty() || inputs_[0] != "noise")
      throw std::runtime_error("expected a model of physgan, whose first input is noise");
    noise_ = session_.GetInputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape().at(1);
  }

  // Conditions that `draw` needs, such as "energy_mev".
  std::vector<std::string> conditions() const { return {inputs_.begin() + 1, inputs_.end()}; }

  // `count` events at the same conditions. The random numbers are the caller's.
  Events draw(const Conditions& conditions, std::size_t count, std::mt19937_64& random,
              std::size_t batch = 256) {
    Events events;
    std::vector<std::size_t> waiting(count);
    for (std::size_t i = 0; i < count; ++i) waiting[i] = i;
    std::vector<int> draws(count, 0);
    while (!waiting.empty()) {
      const std::size_t now = std::min(batch, waiting.size());
      const auto results = run(conditions, now, random);
      std::vector<std::size_t> again;
      for (std::size_t i = 0; i < now; ++i) {
        const std::size_t event = waiting[waiting.size() - now + i];
        const bool last = ++draws[event] == kMostDraws;
        if (kept(results, i, random) || last) keep(events, results, i, event, count);
        else again.push_back(event);
      }
      waiting.resize(waiting.size() - now);
      waiting.insert(waiting.end(), again.begin(), again.end());
    }
    return events;
  }

 private:
  static constexpr int kMostDraws = 100;  // as physgan has it

  static Ort::SessionOptions options(int threads) {
    Ort::SessionOptions result;
    result.SetIntraOpNumThreads(threads);
    return result;
  }

  // A multiple of 2^-23 in [0, 1): float distributions of some standard libraries return 1.
  static float uniform(std::mt19937_64& random) {
    return static_cast<float>(random() >> 41) * 0x1p-23f;
  }

  std::vector<Ort::Value> run(const Conditions& conditions, std::size_t count,
                              std::mt19937_64& random) {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::vector<std::vector<float>> data(inputs_.size());
    std::vector<Ort::Value> values;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::size_t width = i == 0 ? noise_ : 1;
      data[i].resize(count * width);
      std::vector<int64_t> shape = {static_cast<int64_t>(count)};
      if (i == 0) {
        shape.push_back(noise_);
        std::generate(data[i].begin(), data[i].end(), [&] { return uniform(random); });
      } else {
        const auto found = conditions.find(inputs_[i]);
        if (found == conditions.end())
          throw std::runtime_error("expected the condition " + inputs_[i]);
        std::fill(data[i].begin(), data[i].end(), found->second);
      }
      values.push_back(Ort::Value::CreateTensor<float>(memory, data[i].data(), data[i].size(),
                                                       shape.data(), shape.size()));
    }
    return session_.Run(Ort::RunOptions{nullptr}, names(inputs_).data(), values.data(),
                        values.size(), names(outputs_).data(), outputs_.size());
  }

  bool kept(const std::vector<Ort::Value>& results, std::size_t row, std::mt19937_64& random) {
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      if (outputs_[i] == "acceptance")
        return uniform(random) < results[i].GetTensorData<float>()[row];
    return true;
  }

  void keep(Events& events, const std::vector<Ort::Value>& results, std::size_t row,
            std::size_t event, std::size_t count) const {
    const std::size_t index = outputs_[0] == "acceptance" ? 1 : 0;
    const auto info = results[index].GetTensorTypeAndShapeInfo();
    const std::size_t entries = info.GetElementCount() / info.GetShape()[0];
    if (events.bytes.empty()) {
      events.field = outputs_[index];
      events.type = info.GetElementType();
      events.size = size_of(events.type);
      events.shape = info.GetShape();
      events.shape[0] = static_cast<int64_t>(count);
      events.bytes.resize(count * entries * events.size);
    }
    const std::size_t bytes = entries * events.size;
    const char* from = static_cast<const char*>(results[index].GetTensorRawData()) + row * bytes;
    std::memcpy(events.bytes.data() + event * bytes, from, bytes);
  }

  static std::size_t size_of(ONNXTensorElementDataType type) {
    switch (type) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: return 4;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8: return 1;
      default: throw std::runtime_error("expected samples of float32, int32 or int8");
    }
  }

  static std::vector<const char*> names(const std::vector<std::string>& strings) {
    std::vector<const char*> result;
    for (const auto& each : strings) result.push_back(each.c_str());
    return result;
  }

  Ort::Env environment_;
  Ort::Session session_;
  std::vector<std::string> inputs_, outputs_;
  int64_t noise_ = 0;
};

}  // namespace physgan
