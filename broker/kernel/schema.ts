/**
 * Checks the shape of what comes from outside, and describes it: the one door to the library that does. Its vocabulary is
 * what schemas are written in, so it is passed on as it is.
 */
export { z } from 'zod';
