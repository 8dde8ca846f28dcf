package io.fairlead.registry.etcd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The process that takes live policies, as the conditions of rules see it. */
record PolicyProcess(String id, String caller, String zone, String version) {

  /** Returns whether a rule is for it. */
  boolean isMeant(PolicyRule rule) {
    PolicyTarget target = rule.target();
    return fits(target.caller(), caller)
        && fits(target.zone(), zone)
        && fits(target.version(), version)
        && (target.percent() == 100 || share() < target.percent());
  }

  private static boolean fits(String wanted, String is) {
    return wanted.isEmpty() || wanted.equals(is);
  }

  /**
   * Returns a number from 0 to 99 that depends on the id alone. Ids differ in their last digit
   * often, so it takes a hash whose every bit depends on all of them.
   */
  int share() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
      return Math.floorMod(ByteBuffer.wrap(hash).getInt(), 100);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
