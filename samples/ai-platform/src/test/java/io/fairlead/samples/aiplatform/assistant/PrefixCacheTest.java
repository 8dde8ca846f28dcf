package io.fairlead.samples.aiplatform.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefixCacheTest {
  private static final String TEXT =
      "A server that is stopped says so first. Clients call others, and calls in progress end. "
          + "What is left after the drain timeout is cut. ";

  private final CharacterModel model = CharacterModel.train(TEXT.repeat(20), TEXT);
  private final PrefixCache cache = new PrefixCache(10);

  private PrefixCache.Read read(String prompt) {
    return cache.read(model, Alphabet.symbols(prompt));
  }

  private static String chunk(char character) {
    return String.valueOf(character).repeat(PrefixCache.CHUNK);
  }

  @Test
  void aPromptFromTheCacheIsWrittenOnAsOneThatWasRead() {
    String prompt = TEXT.repeat(3) + "Then ";
    PrefixCache.Read first = read(prompt);
    PrefixCache.Read second = read(prompt);
    assertThat(first.cached()).isZero();
    assertThat(second.cached())
        .isEqualTo(prompt.length() / PrefixCache.CHUNK * PrefixCache.CHUNK)
        .isPositive();
    assertThat(second.state().next()).isEqualTo(first.state().next());
    CharacterModel.State plain = model.begin();
    double unused = plain.read(Alphabet.symbols(prompt));
    assertThat(second.state().next()).isEqualTo(plain.next());
  }

  @Test
  void whoWritesOnChangesNothingForOthers() {
    String prompt = TEXT.repeat(2);
    double[] before = read(prompt).state().next();
    CharacterModel.State mine = read(prompt).state();
    double unused = mine.read(Alphabet.symbols(chunk('x').repeat(5)));
    assertThat(read(prompt).state().next()).isEqualTo(before);
  }

  @Test
  void promptsShareWhatTheyBeginWith() {
    assertThat(read(chunk('a') + chunk('b') + "1").cached()).isZero();
    assertThat(read(chunk('a') + chunk('c') + "2").cached()).isEqualTo(PrefixCache.CHUNK);
    assertThat(read(chunk('a') + chunk('b') + chunk('d')).cached())
        .isEqualTo(2 * PrefixCache.CHUNK);
    assertThat(read("x" + chunk('a') + chunk('b')).cached()).isZero();
    assertThat(read(chunk('b')).cached()).isZero();
  }

  @Test
  void theBeginningsThatWereUsedLongestAgoGoFirst() {
    assertThat(read(chunk('a')).cached()).isZero();
    for (int i = 0; i < 9; i++) {
      assertThat(read(chunk((char) ('b' + i))).cached()).isZero();
    }
    assertThat(read(chunk('a')).cached()).isEqualTo(PrefixCache.CHUNK);
    assertThat(read(chunk('z')).cached()).isZero();
    assertThat(cache.size()).isEqualTo(10);
    assertThat(read(chunk('b')).cached()).isZero();
    assertThat(read(chunk('a')).cached()).isEqualTo(PrefixCache.CHUNK);
  }
}
