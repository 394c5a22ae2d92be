// The C++ library: streams, containers, exceptions across frames, threads.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Guard {
  std::string name;
  ~Guard() { std::cout << "leaving " << name << "\n"; }
};

static void fail(int depth) {
  Guard guard{"depth " + std::to_string(depth)};
  if (depth == 3) throw std::runtime_error("failed");
  fail(depth + 1);
}

int main() {
  std::map<std::string, std::vector<int>> groups;
  for (int i = 0; i < 20; i++) groups[i % 3 ? "other" : "third"].push_back(i * i % 17);
  for (auto &[name, list] : groups) {
    std::sort(list.begin(), list.end());
    std::cout << name << ":";
    for (int value : list) std::cout << ' ' << value;
    std::cout << '\n';
  }
  try {
    fail(0);
  } catch (const std::exception &error) {
    std::cout << "caught " << error.what() << std::endl;
  }
  std::mutex mutex;
  long sum = 0;
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; i++)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 1000; k++) {
        std::lock_guard lock(mutex);
        sum += i;
      }
    });
  for (auto &thread : threads) thread.join();
  std::ostringstream text;
  text << sum << ' ' << std::hex << 255 << ' ' << 1.5;
  std::cout << text.str() << std::endl;
  std::shared_ptr<int> shared = std::make_shared<int>(5);
  return *shared + (int)shared.use_count();
}
