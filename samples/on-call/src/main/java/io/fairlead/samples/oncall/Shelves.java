package io.fairlead.samples.oncall;

/** On which shelf an article is, as each version of the inventory finds it. */
enum Shelves {
  /** Articles are on shelves by their first letter. */
  V1_4_0 {
    @Override
    String of(String article) {
      return article.substring(0, 1);
    }
  },

  /** The longer the name, the more shelves; that names can be short was forgotten. */
  V1_5_0 {
    @Override
    String of(String article) {
      int shelves = article.length() - SHORTEST;
      return "shelf " + article.charAt(0) % shelves;
    }
  };

  private static final int SHORTEST = 4;

  abstract String of(String article);

  static Shelves ofVersion(String version) {
    return version.equals("1.5.0") ? V1_5_0 : V1_4_0;
  }
}
