package io.fairlead.bench;

import java.util.List;
import java.util.stream.Stream;

/**
 * Another state of the code, whose variants run beside today's in the same run.
 *
 * @param revision its short commit, which follows the names of its variants
 * @param today what today's state is called
 * @param floor a ratio below it, or a cost above its inverse, is worse
 * @param fails whether a worse row ends the run with 1
 */
record Against(String revision, String today, double floor, boolean fails) {
  private static final double FLOOR = 0.97;

  /**
   * @param failBelow as on the command line; empty where the run is not to fail
   */
  static Against of(String revision, String today, String failBelow) {
    if (revision.isEmpty()) {
      throw new IllegalArgumentException(
          "--against= names no revision; give a commit, a branch or a tag");
    }
    return failBelow.isEmpty()
        ? new Against(revision, today, FLOOR, false)
        : new Against(revision, today, floor(failBelow), true);
  }

  private static double floor(String text) {
    try {
      double floor = Double.parseDouble(text);
      if (floor > 0 && floor <= 1) {
        return floor;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is out of range.
    }
    throw new IllegalArgumentException(
        "--fail-below=" + text + " is not a number above 0 and up to 1, as in --fail-below=0.97");
  }

  /** The other state's variant of this name. */
  String theirs(String variant) {
    return variant + "@" + revision;
  }

  boolean isTheirs(String variant) {
    return variant.endsWith("@" + revision);
  }

  /** Each of our variants, followed by the other state's; others are left as they are. */
  List<String> both(List<String> variants) {
    if (variants.stream().noneMatch(Peers::isOurs)) {
      throw new IllegalArgumentException(
          "--against compares two states of Fairlead, and --variants="
              + String.join(",", variants)
              + " names none of its variants; add fairlead-async or another that begins so");
    }
    return variants.stream()
        .flatMap(name -> Peers.isOurs(name) ? Stream.of(name, theirs(name)) : Stream.of(name))
        .toList();
  }

  Section both(Section section) {
    return new Section(
        section.instances(), section.tls(), both(section.variants()), section.loads());
  }
}
