/**
 * Tools for tests that must not depend on luck: time that moves when told, a network that breaks
 * when told, and checks that find leaked buffers and threads.
 */
@NullMarked
package io.fairlead.testkit;

import org.jspecify.annotations.NullMarked;
