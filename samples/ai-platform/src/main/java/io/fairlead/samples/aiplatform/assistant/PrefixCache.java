package io.fairlead.samples.aiplatform.assistant;

import io.fairlead.samples.aiplatform.common.Hashes;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * States of the model after the beginnings of prompts, so that a prompt that begins like another
 * one is read from where they part.
 *
 * <p>A prompt is cut into chunks. The name of a state is a hash of its chunk and of the name before
 * it, so equal names mean equal beginnings. The states that were used longest ago go first.
 */
final class PrefixCache {
  /** How many characters a chunk has. */
  static final int CHUNK = 64;

  private final int most;

  /** By name, in the order of their last use. Guarded by this. */
  private final Map<String, CharacterModel.State> states = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param most how many states it keeps
   */
  PrefixCache(int most) {
    this.most = most;
  }

  /**
   * A prompt that was read.
   *
   * @param state what the model writes on from; of its own
   * @param cached how many of the characters were in the cache
   */
  record Read(CharacterModel.State state, int cached) {}

  /** Reads a prompt: what is not in the cache, and puts that there. */
  Read read(CharacterModel model, byte[] prompt) {
    List<String> names = names(prompt);
    int hit = 0;
    CharacterModel.State state = model.begin();
    synchronized (this) {
      for (int i = names.size(); i > 0 && hit == 0; i--) {
        CharacterModel.State known = states.get(names.get(i - 1));
        if (known != null) {
          state = known.fork();
          hit = i;
          // Whoever keeps the end of a prompt needs its beginning, for others that part there.
          for (int before = i - 1; before > 0; before--) {
            CharacterModel.State unused = states.get(names.get(before - 1));
          }
        }
      }
    }
    for (int i = hit; i < names.size(); i++) {
      double unused = state.read(Arrays.copyOfRange(prompt, i * CHUNK, (i + 1) * CHUNK));
      keep(names.get(i), state.snapshot());
    }
    double unused = state.read(Arrays.copyOfRange(prompt, names.size() * CHUNK, prompt.length));
    return new Read(state, hit * CHUNK);
  }

  private synchronized void keep(String name, CharacterModel.State state) {
    states.put(name, state);
    if (states.size() > most) {
      String oldest = states.keySet().iterator().next();
      CharacterModel.State unused = states.remove(oldest);
    }
  }

  synchronized int size() {
    return states.size();
  }

  private static List<String> names(byte[] prompt) {
    List<String> names = new ArrayList<>();
    byte[] before = new byte[0];
    for (int from = 0; from + CHUNK <= prompt.length; from += CHUNK) {
      MessageDigest digest = Hashes.sha256();
      digest.update(before);
      digest.update(ByteBuffer.wrap(prompt, from, CHUNK));
      before = digest.digest();
      names.add(HexFormat.of().formatHex(before));
    }
    return names;
  }
}
