#pragma once

// The phrases that all facts of a kind have in common, for folded.hpp: one book
// for each kind of fact and for all actors that keep such, wherever they run.
// The facts of one cluster are much alike, so a few of them make a good book.

#include "scheduler/phrase_book.hpp"

namespace holystone::actors {

/// The book of all that are such.
template <class T>
scheduler::phrase_book& phrases_of() {
  static scheduler::phrase_book book;
  return book;
}

} // namespace holystone::actors
