package io.fairlead.lifecycle;

/**
 * Tells whether something that calls depend on works now, e.g. a database or a model that has to be
 * loaded. Asked again and again for as long as the server runs, one question at a time, on a thread
 * that may block.
 */
@FunctionalInterface
public interface ReadinessCheck {

  /**
   * Returns whether it works. A check that fails, or has not answered when it is due again, says
   * no.
   *
   * @throws Exception whose text is shown as the reason
   */
  boolean ready() throws Exception;
}
