package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts that are looked at eight bytes at a time mean what they mean byte by byte. */
class WordsTest {
  /** Bytes at which the rules of UTF-8 change, and their neighbours. */
  private static final int[] EDGES = {
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
    0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff
  };

  /** Bytes that go on with a character, and their neighbours. */
  private static final int[] TAILS = {0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xff};

  /** Anything else would reach handlers that expect strings, and logs. */
  @Test
  void whatIsTakenAsUtf8IsWhatTheJdkDecodes() {
    byte[] text = "ASCII before and behind".getBytes(UTF_8);
    int edges = EDGES.length;
    int tails = TAILS.length;
    for (int i = 0; i < edges * edges * tails * tails; i++) {
      int at = i % 19;
      byte[] mixed = text.clone();
      mixed[at] = (byte) EDGES[i % edges];
      mixed[at + 1] = (byte) EDGES[i / edges % edges];
      mixed[at + 2] = (byte) TAILS[i / edges / edges % tails];
      mixed[at + 3] = (byte) TAILS[i / edges / edges / tails];
      assertUtf8(mixed, 0, mixed.length);
      assertUtf8(mixed, at, at + 1 + i % 4);
    }
  }

  private static void assertUtf8(byte[] text, int from, int to) {
    if (Words.isUtf8(text, from, to) != decodes(text, from, to)) {
      assertThat(Words.isUtf8(text, from, to))
          .as("%s", Arrays.toString(Arrays.copyOfRange(text, from, to)))
          .isEqualTo(decodes(text, from, to));
    }
  }

  private static boolean decodes(byte[] text, int from, int to) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(text, from, to - from));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** A name is found where the text ends behind it, and where it goes on. */
  @Test
  void aTextHasOneHashWhereverItStands() {
    Random random = new Random(1);
    for (int length = 0; length < 40; length++) {
      byte[] alone = new byte[length];
      random.nextBytes(alone);
      byte[] within = new byte[length + 30];
      random.nextBytes(within);
      System.arraycopy(alone, 0, within, 10, length);
      assertThat(Words.hash(within, 10, 10 + length))
          .as("%s bytes", length)
          .isEqualTo(Words.hash(alone, 0, length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 7, 8, 9, 15, 16, 17, 40})
  void aLiteralIsFoundWhereItStandsAndNowhereElse(int length) {
    byte[] text = "x".repeat(length - 1).concat("y").getBytes(UTF_8);
    Literal literal = new Literal(text);
    for (int behind = 0; behind < 20; behind++) {
      byte[] in = ("--" + "x".repeat(length - 1) + "y" + "z".repeat(behind)).getBytes(UTF_8);
      assertThat(literal.isAt(in, 2)).isTrue();
      assertThat(literal.isAt(in, 1)).isFalse();
      for (int changed = 2; changed < 2 + length; changed++) {
        byte[] other = in.clone();
        other[changed] ^= 1;
        assertThat(literal.isAt(other, 2)).as("byte %s of %s", changed, length).isFalse();
      }
      assertThat(literal.isAt(Arrays.copyOf(in, 1 + length), 2)).isFalse();
      assertThat(literal.isAt(in, in.length)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 16, 17, 31, 32, 33, 80})
  void bytesAreCopiedFromTheEndOfAnArrayAndFromItsMiddle(int length) {
    byte[] text = new byte[length];
    Arrays.fill(text, (byte) 'x');
    for (int behind = 0; behind < 40; behind++) {
      Output out = new Output(0);
      out.ascii("<");
      out.put(Arrays.copyOf(text, length + behind), 0, length);
      out.ascii(">");
      assertThat(new String(out.toByteArray(), UTF_8)).isEqualTo("<" + "x".repeat(length) + ">");
    }
  }

  @Test
  void numbersHaveTheirDigits() {
    Random random = new Random(2);
    for (int i = 0; i < 10_000; i++) {
      long value = random.nextLong() >> random.nextInt(64);
      int width = 1 + i % 8;
      int padded = random.nextInt((int) Math.pow(10, width));
      padded = i % 3 == 0 ? padded / 100 * 100 : padded;
      Output out = new Output(0);
      out.decimal(value);
      out.put(' ');
      out.decimal(padded, width);
      out.put(' ');
      out.fraction(padded, width);
      String digits = ("%0" + width + "d").formatted(padded);
      assertThat(new String(out.toByteArray(), UTF_8))
          .isEqualTo(value + " " + digits + " " + digits.replaceAll("(?<=.)0+$", ""));
    }
  }
}
