package io.fairlead.samples.observability;

import java.util.List;

/** A model: which label it finds for which kind of image. */
final class Labels {
  /** The model that everybody should have. */
  static final Labels CURRENT = new Labels(List.of("cat", "dog", "bird", "fish", "none"));

  /** The one of last year does not know that an image may show nothing. It is the fault here. */
  static final Labels OUTDATED = new Labels(List.of("cat", "dog", "bird", "fish"));

  private static final int KINDS = 5;

  private final List<String> names;

  private Labels(List<String> names) {
    this.names = names;
  }

  String of(int image) {
    return names.get(image % KINDS);
  }
}
