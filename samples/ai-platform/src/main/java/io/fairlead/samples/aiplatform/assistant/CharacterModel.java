package io.fairlead.samples.aiplatform.assistant;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Says how likely each character is after others. It mixes what it has learnt from a text, by
 * contexts of 0 to 7 characters, with what it has just read, by contexts of 2 to 4.
 *
 * <p>How much each of these counts is learnt from every character that is read (an online mixture).
 * So a {@link State} depends on all of the prompt, as the keys and values of a large model do, and
 * reading costs far more than remembering. The model is immutable; many threads may use it.
 */
final class CharacterModel {
  private static final int ORDERS = Windows.ORDER + 1;
  private static final int FIRST_RECENT = 2;
  private static final int RECENT = 3;

  /** One expert for each context of the text, one for each of what was read. */
  private static final int EXPERTS = ORDERS + RECENT;

  /** How much one character changes the mixture. */
  private static final double RATE = 0.02;

  /** Nothing is impossible. */
  private static final double FLOOR = 0.01 / (Alphabet.SIZE - 1);

  private static final double SURE = 0.99;

  private final Windows learnt;

  /** The mixtures that a fresh state begins with. */
  private final double[][] first;

  private CharacterModel(Windows learnt, double[][] first) {
    this.learnt = learnt;
    this.first = first;
  }

  /**
   * Learns from a text, and then from another one how much each context counts.
   *
   * @param held a text that is not learnt from in any other way
   */
  static CharacterModel train(String text, String held) {
    byte[] symbols = Alphabet.symbols(text);
    Windows learnt = Windows.of(symbols, 0, symbols.length);
    double[][] even = new double[ORDERS][EXPERTS];
    for (double[] mixture : even) {
      Arrays.fill(mixture, 1.0 / EXPERTS);
    }
    CharacterModel raw = new CharacterModel(learnt, even);
    State state = raw.begin();
    state.read(Alphabet.symbols(held));
    return new CharacterModel(learnt, state.mixtures);
  }

  /** Returns a state before any character. */
  State begin() {
    return new State(this, copy(first), null, new byte[0]);
  }

  private static double[][] copy(double[][] mixtures) {
    double[][] copy = new double[mixtures.length][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = mixtures[i].clone();
    }
    return copy;
  }

  /** Returns how many bits a character of a text costs, the fewer the better. */
  double bitsPerCharacter(String text) {
    State state = begin();
    byte[] symbols = Alphabet.symbols(text);
    return state.read(symbols) / symbols.length;
  }

  /**
   * What was read so far, and what came of it. One thread uses it; {@link #snapshot} is for all.
   */
  static final class State {
    private final CharacterModel model;
    private final double[][] mixtures;

    /** The windows of what was read and is not in {@link #tail}. */
    private @Nullable Block blocks;

    /** What was read since the last block, with as much before it as a context needs. */
    private byte[] tail;

    /** How many symbols of the tail belong to a block already. */
    private int known;

    /** Part of what was read; immutable, and shared by all states that began alike. */
    private record Block(@Nullable Block before, Windows windows) {}

    private State(CharacterModel model, double[][] mixtures, @Nullable Block blocks, byte[] tail) {
      this.model = model;
      this.mixtures = mixtures;
      this.blocks = blocks;
      this.tail = tail;
      this.known = tail.length;
    }

    /** Returns a state from which others may begin; it must not be read into. */
    State snapshot() {
      settle();
      return new State(model, copy(mixtures), blocks, tail);
    }

    /** Returns one of its own for whoever goes on from this. */
    State fork() {
      return new State(model, copy(mixtures), blocks, tail);
    }

    /** Reads symbols; returns how many bits they cost. */
    double read(byte[] symbols) {
      double bits = 0;
      double[] votes = new double[EXPERTS];
      for (byte symbol : symbols) {
        int longest = vote(symbol, votes);
        double[] mixture = mixtures[longest];
        double all = 0;
        for (int i = 0; i < EXPERTS; i++) {
          all += mixture[i] * votes[i];
        }
        for (int i = 0; i < EXPERTS; i++) {
          mixture[i] += RATE * (mixture[i] * votes[i] / all - mixture[i]);
        }
        bits -= Math.log(all) / Math.log(2);
        append(symbol);
      }
      return bits;
    }

    private void append(byte symbol) {
      tail = Arrays.copyOf(tail, tail.length + 1);
      tail[tail.length - 1] = symbol;
      if (tail.length - known >= PrefixCache.CHUNK) {
        settle();
      }
    }

    /** Puts what was read since the last block into a new one. */
    private void settle() {
      if (tail.length > known) {
        int from = Math.max(0, known - Windows.ORDER);
        int to = Math.max(from, tail.length - Windows.ORDER);
        blocks = new Block(blocks, Windows.of(tail, from, to));
        tail = Arrays.copyOfRange(tail, Math.max(0, tail.length - Windows.ORDER), tail.length);
        known = tail.length;
      }
    }

    /** Writes how likely each expert finds a symbol; returns the longest context that is known. */
    private int vote(byte symbol, double[] votes) {
      double before = FLOOR;
      int longest = 0;
      int most = Math.min(Windows.ORDER, tail.length);
      for (int order = 0; order < ORDERS; order++) {
        if (order <= most) {
          long context = Windows.context(tail, tail.length, order);
          int seen = order == 0 ? model.learnt.size() : model.learnt.count(context, order);
          if (seen > 0) {
            int hits = model.learnt.count(Windows.then(context, symbol), order + 1);
            before = FLOOR + SURE * hits / seen;
            longest = order;
          }
        }
        votes[order] = before;
      }
      for (int i = 0; i < RECENT; i++) {
        int order = FIRST_RECENT + i;
        double seen = 0;
        double hits = 0;
        if (order <= most) {
          long context = Windows.context(tail, tail.length, order);
          for (Block block = blocks; block != null; block = block.before) {
            int count = block.windows.count(context, order);
            if (count > 0) {
              seen += count;
              hits += block.windows.count(Windows.then(context, symbol), order + 1);
            }
          }
        }
        votes[ORDERS + i] =
            seen == 0 ? votes[Math.min(order, longest)] : FLOOR + SURE * hits / seen;
      }
      return longest;
    }

    /** Returns how likely each symbol is next. */
    double[] next() {
      double[] all = new double[Alphabet.SIZE];
      double[][] votes = new double[EXPERTS][];
      int longest = 0;
      int most = Math.min(Windows.ORDER, tail.length);
      double[] before = new double[Alphabet.SIZE];
      for (int order = 0; order < ORDERS; order++) {
        if (order <= most) {
          double[] counts = new double[128];
          int seen = model.learnt.addNext(Windows.context(tail, tail.length, order), order, counts);
          if (seen > 0) {
            before = shares(counts, seen);
            longest = order;
          }
        }
        votes[order] = before;
      }
      for (int i = 0; i < RECENT; i++) {
        int order = FIRST_RECENT + i;
        double[] counts = new double[128];
        int seen = 0;
        if (order <= most) {
          long context = Windows.context(tail, tail.length, order);
          for (Block block = blocks; block != null; block = block.before) {
            seen += block.windows.addNext(context, order, counts);
          }
        }
        votes[ORDERS + i] = seen == 0 ? votes[Math.min(order, longest)] : shares(counts, seen);
      }
      for (int expert = 0; expert < EXPERTS; expert++) {
        for (int symbol = 1; symbol < Alphabet.SIZE; symbol++) {
          all[symbol] += mixtures[longest][expert] * votes[expert][symbol];
        }
      }
      return all;
    }

    private static double[] shares(double[] counts, int seen) {
      double[] shares = new double[Alphabet.SIZE];
      for (int symbol = 1; symbol < Alphabet.SIZE; symbol++) {
        shares[symbol] = FLOOR + SURE * counts[symbol] / seen;
      }
      return shares;
    }
  }
}
