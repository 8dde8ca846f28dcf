package io.fairlead.samples.aiplatform.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CharacterModelTest {
  private static final String LEARNT =
      "A call that fails is made again. A call that is late is cut. A server that is full says so. ";
  private static final String OTHER =
      "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, 1234567890 Mal. ";

  private final CharacterModel model = CharacterModel.train(LEARNT.repeat(30), LEARNT);

  @Test
  void whatItHasLearntIsLikelierThanAnythingElse() {
    assertThat(model.bitsPerCharacter(LEARNT)).isLessThan(1);
    assertThat(model.bitsPerCharacter(OTHER)).isGreaterThan(4);
  }

  @Test
  void whatItHasJustReadIsLikelierTheSecondTime() {
    double once = model.bitsPerCharacter(OTHER);
    double often = model.bitsPerCharacter(OTHER.repeat(6));
    assertThat(often).isLessThan(once * 0.7);
  }

  @Test
  void theSharesOfAllCharactersAreOneAlsoBeforeTheFirst() {
    assertThat(Arrays.stream(model.begin().next()).sum()).isCloseTo(1, within(0.01));
    CharacterModel.State state = model.begin();
    double unused = state.read(Alphabet.symbols("A server that "));
    double[] next = state.next();
    assertThat(Arrays.stream(next).sum()).isCloseTo(1, within(0.01));
    int best = 1;
    for (int symbol = 1; symbol < next.length; symbol++) {
      best = next[symbol] > next[best] ? symbol : best;
    }
    assertThat(Alphabet.character(best)).isEqualTo('i');
  }

  @Test
  void whatIsReadAndWhatIsPredictedAgree() {
    CharacterModel.State state = model.begin();
    for (byte symbol : Alphabet.symbols("A call that fails is full 42 full")) {
      double predicted = state.next()[symbol];
      assertThat(state.read(new byte[] {symbol}))
          .isCloseTo(-Math.log(predicted) / Math.log(2), within(1e-9));
    }
  }

  @Test
  void charactersThatItDoesNotHaveAreQuestionMarks() {
    assertThat(Alphabet.symbols("aé\n~")).isEqualTo(Alphabet.symbols("a?\n~"));
    for (byte symbol : Alphabet.symbols("a ~\n")) {
      assertThat(Alphabet.symbols(String.valueOf(Alphabet.character(symbol))))
          .containsExactly(symbol);
    }
  }
}
