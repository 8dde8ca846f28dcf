/**
 * The command {@code fairlead}: looks at services and processes, calls them, and acts on them.
 * {@link io.fairlead.cli.Main} starts it.
 */
@NullMarked
package io.fairlead.cli;

import org.jspecify.annotations.NullMarked;
