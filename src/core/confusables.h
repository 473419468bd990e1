/*
 * Letters that look like a Latin one, and signs that stand for an ASCII one.
 *
 * Chosen from Unicode Technical Standard 39, confusables: only what a mail in
 * English or Spanish could use to dress up a word.  Private to fold.c; sorted
 * by code point.
 */
#ifndef CHAPERONE_CONFUSABLES_H
#define CHAPERONE_CONFUSABLES_H

#include <glib.h>

typedef struct {
    gunichar from;
    char to;
} ch_confusable;

static const ch_confusable ch_confusables[] = {
    {0x0131, 'i'},  {0x0142, 'l'},  {0x0180, 'b'},  {0x01C0, 'l'},
    {0x0237, 'j'},  {0x0251, 'a'},  {0x0261, 'g'},  {0x0262, 'g'},
    {0x0269, 'i'},  {0x026A, 'i'},  {0x0274, 'n'},  {0x0280, 'r'},
    {0x028B, 'v'},  {0x028F, 'y'},  {0x0299, 'b'},  {0x029C, 'h'},
    {0x029F, 'l'},  {0x02B9, '\''}, {0x02BB, '\''}, {0x02BC, '\''},
    {0x0391, 'a'},  {0x0392, 'b'},  {0x0395, 'e'},  {0x0396, 'z'},
    {0x0397, 'h'},  {0x0399, 'i'},  {0x039A, 'k'},  {0x039C, 'm'},
    {0x039D, 'n'},  {0x039F, 'o'},  {0x03A1, 'p'},  {0x03A4, 't'},
    {0x03A5, 'y'},  {0x03A7, 'x'},  {0x03B1, 'a'},  {0x03B3, 'y'},
    {0x03B9, 'i'},  {0x03BA, 'k'},  {0x03BD, 'v'},  {0x03BF, 'o'},
    {0x03C1, 'p'},  {0x03C3, 'o'},  {0x03C5, 'u'},  {0x03C7, 'x'},
    {0x03F2, 'c'},  {0x0405, 's'},  {0x0406, 'i'},  {0x0408, 'j'},
    {0x0410, 'a'},  {0x0412, 'b'},  {0x0415, 'e'},  {0x041A, 'k'},
    {0x041C, 'm'},  {0x041D, 'h'},  {0x041E, 'o'},  {0x0420, 'p'},
    {0x0421, 'c'},  {0x0422, 't'},  {0x0423, 'y'},  {0x0425, 'x'},
    {0x0430, 'a'},  {0x0432, 'b'},  {0x0433, 'r'},  {0x0435, 'e'},
    {0x043A, 'k'},  {0x043C, 'm'},  {0x043D, 'h'},  {0x043E, 'o'},
    {0x043F, 'n'},  {0x0440, 'p'},  {0x0441, 'c'},  {0x0442, 't'},
    {0x0443, 'y'},  {0x0445, 'x'},  {0x0455, 's'},  {0x0456, 'i'},
    {0x0458, 'j'},  {0x0475, 'v'},  {0x04BB, 'h'},  {0x04CF, 'l'},
    {0x0501, 'd'},  {0x051B, 'q'},  {0x051D, 'w'},  {0x0578, 'n'},
    {0x057D, 'u'},  {0x0581, 'g'},  {0x0585, 'o'},  {0x1D00, 'a'},
    {0x1D04, 'c'},  {0x1D05, 'd'},  {0x1D07, 'e'},  {0x1D0A, 'j'},
    {0x1D0B, 'k'},  {0x1D0D, 'm'},  {0x1D0F, 'o'},  {0x1D18, 'p'},
    {0x1D1B, 't'},  {0x1D1C, 'u'},  {0x1D20, 'v'},  {0x1D21, 'w'},
    {0x1D22, 'z'},  {0x2010, '-'},  {0x2011, '-'},  {0x2012, '-'},
    {0x2013, '-'},  {0x2014, '-'},  {0x2015, '-'},  {0x2018, '\''},
    {0x2019, '\''}, {0x201A, '\''}, {0x201B, '\''}, {0x201C, '"'},
    {0x201D, '"'},  {0x201E, '"'},  {0x201F, '"'},  {0x2022, '*'},
    {0x2032, '\''}, {0x2043, '-'},  {0x2044, '/'},  {0x2212, '-'},
    {0x2215, '/'},  {0x2E3A, '-'},  {0x2E3B, '-'},  {0xA730, 'f'},
    {0xA731, 's'},
};

#endif
