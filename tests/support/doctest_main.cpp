// The entry point of every test program: compiled once, linked into each.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/counting_new.hpp"
#include "support/starvation.hpp"

int main(int argc, char** argv) {
    if (auto const wanted = test::starvation_from(argc, argv)) return test::starve(*wanted, argv[0]);
    return doctest::Context(argc, argv).run();
}
