/** Servers, channels and an etcd for tests with JUnit 5. */
@NullMarked
package io.fairlead.junit5;

import org.jspecify.annotations.NullMarked;
