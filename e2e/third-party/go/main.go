// Verifies a log of Reprise with Go's own packages for such logs, none of which knows Reprise: the checkpoint's
// signature, every tile, every entry's inclusion, and that an older checkpoint is the beginning of this one.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles of 256 hashes, as C2SP tlog-tiles has them.
const tileHeight = 8

// A log that is asked too often says after how long to ask again. One that never answers is not waited for for ever.
const (
	mostWaits   = 5
	defaultWait = time.Minute
	longestWait = 5 * time.Minute
)

func main() {
	log.SetFlags(0)
	base := flag.String("log", "", "address of the log, such as https://reprise.example/api/log")
	key := flag.String("key", "", "verifier key of the log: name+id+base64")
	older := flag.String("older", "", "file of a checkpoint that was kept")
	token := flag.String("token-file", "", "file of a token that may read entries")
	flag.Parse()
	said, err := verify(*base, *key, *older, *token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(said)
}

func verify(base, key, older, tokenFile string) (string, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return "", fmt.Errorf("key: %w", err)
	}
	source := &source{
		base:   strings.TrimSuffix(base, "/"),
		client: &http.Client{Timeout: 30 * time.Second},
		known:  map[tlog.Tile][]byte{},
	}
	if tokenFile != "" {
		token, err := os.ReadFile(tokenFile)
		if err != nil {
			return "", err
		}
		source.token = strings.TrimSpace(string(token))
	}
	signed, err := source.get("checkpoint")
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return "", fmt.Errorf("checkpoint: %w", err)
	}
	// It holds every tile that it reads against the root, and gives no hash that does not follow from it.
	hashes := tlog.TileHashReader(tree, source)
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return "", fmt.Errorf("tree hash: %w", err)
	}
	if root != tree.Hash {
		return "", errors.New("tree hash: the tiles give another than the checkpoint says")
	}
	if err := verifyEntries(tree, source, hashes); err != nil {
		return "", err
	}
	said := fmt.Sprintf("%s: %d entries", verifier.Name(), tree.N)
	if older == "" {
		return said, nil
	}
	from, err := verifyOlder(older, verifier, tree, hashes)
	if err != nil {
		return "", fmt.Errorf("older checkpoint: %w", err)
	}
	return fmt.Sprintf("%s, of which the first %d are those of the older checkpoint", said, from), nil
}

// openCheckpoint checks the signature, and reads what is signed: origin, size and root (C2SP tlog-checkpoint).
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("it is none of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 {
		return tlog.Tree{}, fmt.Errorf("no size: %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

func verifyEntries(tree tlog.Tree, source *source, hashes tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := min(tree.N-first, 1<<tileHeight)
		entries, err := source.entries(first>>tileHeight, int(width))
		if err != nil {
			return err
		}
		for at, entry := range entries {
			index := first + int64(at)
			leaf := tlog.RecordHash(entry)
			stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			if err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
			if leaf != stored[0] {
				return fmt.Errorf("entry %d: its hash is not the one in the tile", index)
			}
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	return nil
}

func verifyOlder(file string, verifier note.Verifier, tree tlog.Tree, hashes tlog.HashReader) (int64, error) {
	signed, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	from, err := openCheckpoint(signed, verifier)
	if err != nil {
		return 0, err
	}
	proof, err := tlog.ProveTree(tree.N, from.N, hashes)
	if err != nil {
		return 0, err
	}
	return from.N, tlog.CheckTree(proof, tree.N, tree.Hash, from.N, from.Hash)
}

// A source is what the log serves. It is a tlog.TileReader.
type source struct {
	base   string
	token  string
	client *http.Client
	// Tiles that were held against the root; they are asked for again with every proof.
	known map[tlog.Tile][]byte
}

func (s *source) Height() int { return tileHeight }

func (s *source) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for at, tile := range tiles {
		s.known[tile] = data[at]
	}
}

func (s *source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		if known, ok := s.known[tile]; ok {
			data = append(data, known)
			continue
		}
		// Go's checksum database has the height of its tiles in their paths; tlog-tiles has one height for all.
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		got, err := s.get(path)
		if err != nil {
			return nil, err
		}
		data = append(data, got)
	}
	return data, nil
}

// entries reads an entry bundle: each entry has its length before it, in two bytes.
func (s *source) entries(index int64, width int) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: -1, N: index, W: width}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", tileHeight), "tile/entries/", 1)
	data, err := s.get(path)
	if err != nil {
		return nil, err
	}
	rest := bytes.NewReader(data)
	var entries [][]byte
	for rest.Len() > 0 {
		var length uint16
		if err := binary.Read(rest, binary.BigEndian, &length); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entry := make([]byte, length)
		if _, err := io.ReadFull(rest, entry); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entries = append(entries, entry)
	}
	if len(entries) != width {
		return nil, fmt.Errorf("%s: %d entries, and not %d", path, len(entries), width)
	}
	return entries, nil
}

func (s *source) get(path string) ([]byte, error) {
	for waited := 0; ; waited++ {
		response, err := s.ask(path)
		if err != nil {
			return nil, err
		}
		if response.StatusCode == http.StatusTooManyRequests && waited < mostWaits {
			response.Body.Close()
			wait := waitAskedFor(response.Header.Get("Retry-After"))
			log.Printf("%s: %s, asking again in %s", path, response.Status, wait)
			time.Sleep(wait)
			continue
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, response.Status)
		}
		return io.ReadAll(response.Body)
	}
}

// waitAskedFor reads Retry-After: seconds, or a date (RFC 9110, 10.2.3).
func waitAskedFor(retryAfter string) time.Duration {
	wait := defaultWait
	if seconds, err := strconv.Atoi(retryAfter); err == nil {
		// Held to the bound before it is multiplied, which could overflow.
		wait = time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	} else if date, err := http.ParseTime(retryAfter); err == nil {
		wait = time.Until(date)
	}
	return min(max(wait, 0), longestWait)
}

func (s *source) ask(path string) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodGet, s.base+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	return s.client.Do(request)
}
